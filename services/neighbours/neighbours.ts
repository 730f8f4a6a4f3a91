/**
 * Services of other programs on NATS: nodes that have a database offer them the public actions of the services that
 * they run, and tell them what became of tasks, in each of the namespaces that BIDA_RPC_NAMESPACES names.
 */
import { setTimeout as pause } from "node:timers/promises";
import type { Logger, Middleware, ServiceBroker } from "moleculer";
import type { Config } from "../../core/config.ts";
import packageJson from "../../package.json" with { type: "json" };
import { announceThrough } from "../bus/announce.ts";
import { broadcast, eventsOf } from "../bus/bus.ts";
import { installationOf } from "../node/foreign-nodes.ts";
import { onStopping } from "../node/resources.ts";
import { tellOfOtherNamespaces } from "./other-namespaces.ts";
import { Peer } from "./peer.ts";

/** Between tries to get in, in ms. */
const AGAIN = 2_000;
/** So long a start waits for a NATS of other programs that does not answer, in ms. */
const PATIENCE = 5_000;

/** To be named after what opens the database. */
export function neighbours(config: Config): Middleware {
  const { rpcNatsUrls: natsUrls, rpcNamespaces, rpcAliases, services, namespace } = config;
  const peers = new Map<string, Peer>();
  let met: Promise<unknown> = Promise.resolve();

  return {
    name: "Neighbours",

    async starting(broker: ServiceBroker) {
      const installation = installationOf(broker);
      if (natsUrls.length === 0 || installation === null) return;
      const log = broker.getLogger("neighbours");
      for (const where of rpcNamespaces) {
        const onChanged = (nodeID: string) =>
          broadcast(broker, "neighbours.changed", { namespace: where, nodeID });
        const version = packageJson.version;
        const own = { broker, natsUrls, services, installation, version, log, onChanged };
        peers.set(where, new Peer({ ...own, namespace: where, aliases: rpcAliases }));
      }
      const events = eventsOf({
        "neighbours.changed": ({ namespace: where, nodeID }) => peers.get(where)?.look(nodeID),
      });
      broker.createService({ name: "neighbours", events });
      announceThrough(
        broker,
        Array.from(peers.values(), ({ announcer }) => announcer),
      );
      met = Promise.all(Array.from(peers, ([where, peer]) => meet(peer, where, log)));
      onStopping(broker, "dispatch", async () => {
        await Promise.all(Array.from(peers.values(), (peer) => peer.withdraw()));
      });
    },

    // Who listens is known before anything is recorded.
    async serviceStarting() {
      await met;
    },

    async started(broker: ServiceBroker) {
      await met;
      const [first] = peers.values();
      if (first) tellOfOtherNamespaces(first, [namespace, ...rpcNamespaces], broker.getLogger("neighbours"));
      for (const peer of peers.values()) peer.open();
    },

    async stopped() {
      await Promise.all(Array.from(peers.values(), (peer) => peer.close()));
    },
  } as Middleware;
}

/**
 * Meets the others in a namespace. Resolves also where NATS refuses, or does not answer: that concerns nobody else, and it is
 * tried again until the end.
 * @param patience how long it waits for an answer, in ms
 */
export async function meet(
  peer: Peer,
  namespace: string,
  log: Logger,
  patience: number = PATIENCE,
): Promise<void> {
  const meeting = peer.meet();
  try {
    if (await isInTime(meeting, patience)) return;
    const meanwhile = "its services do not reach Bida; waiting for it";
    log.error({ namespace, meanwhile }, "the NATS of other programs does not answer");
    meeting.then(
      () => peer.isOver || log.info({ namespace }, "the NATS of other programs answers"),
      () => meetLater(peer, namespace, log),
    );
  } catch (error) {
    const meanwhile = "its services do not reach Bida; trying on";
    log.error({ namespace, err: (error as Error).message, meanwhile }, "NATS does not let us in");
    void meetLater(peer, namespace, log);
  }
}

/** @throws what the promise throws in time */
async function isInTime(promise: Promise<unknown>, ms: number): Promise<boolean> {
  const late = new AbortController();
  const passed = pause(ms, false, { signal: late.signal }).catch(() => false);
  try {
    return await Promise.race([promise.then(() => true), passed]);
  } finally {
    late.abort();
  }
}

async function meetLater(peer: Peer, namespace: string, log: Logger): Promise<void> {
  while (!peer.isOver) {
    await pause(AGAIN, undefined, { ref: false });
    try {
      await peer.meet();
      if (!peer.isOver) log.info({ namespace }, "NATS lets us in");
      return;
    } catch (error) {
      log.debug({ namespace, err: error }, "NATS does not let us in yet");
    }
  }
}
