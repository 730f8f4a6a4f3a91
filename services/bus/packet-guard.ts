/** Has every packet checked before Moleculer reads it (`packet.ts`); what is not valid is dropped and counted. */
import type { Middleware, ServiceBroker } from "moleculer";
import { packetsRefused } from "../../core/metrics.ts";
import { tellOwnInfo } from "./own-info.ts";
import { checkPacket, OWN_NAME } from "./packet.ts";

/** Between two log lines, in ms: who sends one such packet sends more. */
const SAY_AGAIN = 60_000;
/** Between two answers to what is told in this node's name, in ms. */
const CORRECT_AGAIN = 1_000;
/** Of what is not believed, so much is shown. */
const SHOWN = 64;

type Handle = (command: string, packet: { payload: unknown }) => Promise<unknown>;

export function packetGuard(now: () => number = () => performance.now()): Middleware {
  let broker: ServiceBroker | null = null;
  let saidAt = Number.NEGATIVE_INFINITY;
  let correctedAt = Number.NEGATIVE_INFINITY;

  const refused = (command: string, payload: unknown, why: string) => {
    packetsRefused.labels(command).inc();
    if (now() - saidAt < SAY_AGAIN) return;
    saidAt = now();
    const sender = String((payload as { sender?: unknown } | null)?.sender).slice(0, SHOWN);
    broker?.getLogger("node").warn({ command, sender, why }, "a packet was dropped");
  };

  /** Others have heard it too, and believe that this node has other services, or none: it tells them anew. */
  const correct = (payload: unknown) => {
    if (!broker || now() - correctedAt < CORRECT_AGAIN) return;
    correctedAt = now();
    const registry = broker.registry as unknown as Registry;
    const { seq } = payload as { seq?: unknown };
    if (typeof seq === "number" && seq < Number.MAX_SAFE_INTEGER)
      registry.nodes.localNode.seq = Math.max(registry.nodes.localNode.seq, seq);
    tellOwnInfo(broker);
  };

  return {
    name: "PacketGuard",

    created(created: ServiceBroker) {
      broker = created;
    },

    transitMessageHandler(next: Handle): Handle {
      return (command, packet) => {
        const { payload } = packet;
        const checked = checkPacket(command, payload, broker?.nodeID ?? "");
        if ("packet" in checked) {
          packet.payload = checked.packet;
          return next(command, packet);
        }
        // Ours come back to us: all nodes subscribe to the same subject.
        if (isOurs(payload, broker)) return Promise.resolve(false);
        refused(command, payload, checked.problem);
        if (checked.problem === OWN_NAME) correct(payload);
        return Promise.resolve(false);
      };
    },
  } as unknown as Middleware;
}

/** The part of Moleculer's registry that its types do not show. */
interface Registry {
  nodes: { localNode: { seq: number } };
}

/** An INFO that this very broker sent. */
const isOurs = (payload: unknown, broker: ServiceBroker | null): boolean =>
  (payload as { instanceID?: unknown } | null)?.instanceID === broker?.instanceID;
