/** Whether a node is gone, by what a real NATS server says of its connection. */
import { randomUUID } from "node:crypto";
import { ServiceBroker } from "moleculer";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { natsOptions } from "../../services/bus/nats-options.ts";
import { NatsTransporter } from "../../services/bus/nats-transporter.ts";
import { until } from "../e2e/kit/until.ts";
import { natsUrl } from "../servers/env.ts";

const test = suite("nats gone");
const namespace = randomUUID();
const transporters = new Map<string, NatsTransporter>();
const brokers: ServiceBroker[] = [];

async function started(nodeID: string): Promise<NatsTransporter> {
  const transporter = new NatsTransporter(natsOptions([natsUrl()]));
  const broker = new ServiceBroker({ nodeID, namespace, logger: false, transporter });
  brokers.push(broker);
  await broker.start();
  transporters.set(nodeID, transporter);
  return transporter;
}

test.before(async () => {
  for (const nodeID of ["asks", "lives", "ends"]) await started(nodeID);
});
test.after(async () => {
  for (const broker of brokers) await broker.stop();
});

const transporter = (nodeID: string) => transporters.get(nodeID) as NatsTransporter;

test("a node with a connection is not gone, whether it answers or not", async () => {
  assert.is(await transporter("asks").isGone("lives", 300), false);
});

test("a node whose connection has ended is gone, before anybody misses its heartbeat", async () => {
  const { client } = transporter("ends");
  await client?.close();
  // The server may notice a moment later; a question that came before that is never answered.
  await until("the server to notice", () => transporter("asks").isGone("ends", 1_000));
  assert.is(await transporter("asks").isGone("never-was", 5_000), true);
});

test("who has no connection itself cannot tell", async () => {
  const own = transporter("asks");
  const { client } = own;
  own.client = null;
  assert.is(await own.isGone("ends", 300), false);
  own.client = client;
});

test.run();
