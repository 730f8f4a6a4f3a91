/** The REPL's way into a cluster: a Moleculer node without services on the cluster's NATS. */
import os from "node:os";
import { setTimeout as pause } from "node:timers/promises";
import { ServiceBroker } from "moleculer";
import type { ClientConfig } from "../../core/config.ts";
import { sharedOptions } from "../bus/broker-options.ts";
import { largePackets } from "../bus/large-packets.ts";
import { packetGuard } from "../bus/packet-guard.ts";
import { nodesWith } from "../bus/peers.ts";
import { callsAs, operator } from "./actor.ts";
import { Unreachable } from "./mistake.ts";

/** How long NATS may take, and then the first node, in ms. */
const CONNECT = 8_000;
const DISCOVER = 5_000;

/** @throws Unreachable */
export async function join(config: ClientConfig): Promise<ServiceBroker> {
  const broker = new ServiceBroker({
    ...sharedOptions(config),
    nodeID: `repl-${os.hostname()}-${process.pid}-${Date.now().toString(36)}`,
    middlewares: [callsAs(operator()), largePackets(), packetGuard()],
  });
  // Moleculer tries again for ever.
  const started = broker.start().then(() => true);
  const hosts = config.natsUrls.map((url) => new URL(url).host).join(", ");
  if (!(await Promise.race([started, pause(CONNECT, false, { ref: false })])))
    throw new Unreachable(`BIDA_NATS_URL: no NATS answers at ${hosts}`);
  const deadline = performance.now() + DISCOVER;
  while (nodesWith(broker, "admin.list").length === 0 && performance.now() < deadline) await pause(50);
  if (nodesWith(broker, "node.info").length > 0) return broker;
  await broker.stop();
  throw new Unreachable(`no Bida node is on the NATS at ${hosts}; start one, or look at BIDA_NATS_URL`);
}
