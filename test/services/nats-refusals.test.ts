/** Nodes whose user a real NATS server refuses for a while: they come back when it lets them in again. @takes 20 s */
import { setTimeout as pause } from "node:timers/promises";
import { ServiceBroker } from "moleculer";
import { connect } from "nats";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { natsOptions } from "../../services/bus/nats-options.ts";
import { BACK, LOST, NatsTransporter } from "../../services/bus/nats-transporter.ts";
import { until } from "../e2e/kit/until.ts";
import { type ConfiguredNats, startConfigured } from "../servers/nats-config.ts";

const test = suite("nats refusals");
const USER = { name: "bida", password: "right" };
const OTHER = { name: "other", password: "other" };
/** Moleculer's broadcast of a ping. */
const PING = "MOL.PING";

let server: ConfiguredNats;
let brokers: ServiceBroker[] = [];

test.before.each(async () => {
  server = await startConfigured([USER, OTHER]);
});
test.after.each(async () => {
  await Promise.all(brokers.map((broker) => broker.stop()));
  brokers = [];
  await server.stop();
});

/** A node that counts how often its connection went and came, and what it heard. */
async function node() {
  const transporter = new NatsTransporter(natsOptions([server.urlOf(USER)]));
  const broker = new ServiceBroker({ nodeID: "node", logger: false, transporter });
  const seen = { lost: 0, back: 0, heard: [] as string[] };
  broker.localBus.on(LOST, () => seen.lost++);
  broker.localBus.on(BACK, () => seen.back++);
  transporter.receive = (cmd) => void seen.heard.push(cmd);
  brokers.push(broker);
  await broker.start();
  return { transporter, seen };
}

/** Resolves when the node hears what another sends to all. */
async function hears({ heard }: { heard: string[] }): Promise<void> {
  const sender = await connect({ port: server.port, user: OTHER.name, pass: OTHER.password });
  await until(
    "the node to hear",
    () => {
      sender.publish(PING, "{}");
      return heard.includes("PING");
    },
    20_000,
    200,
  );
  await sender.close();
}

test("a user that is refused again and again, and twice, is back as soon as it is let in", async () => {
  const { seen } = await node();
  for (const _ of ["once", "twice"]) {
    Object.assign(seen, { lost: 0, back: 0 });
    await server.reload([{ ...USER, password: "wrong" }, OTHER]);
    await until("the connection to end", () => seen.lost > 0);
    // Several tries, each of which is refused.
    await pause(2_000);
    assert.is(seen.back, 0);
    await server.reload([USER, OTHER]);
    await until("the node to be back", () => seen.back > 0);
  }
  seen.heard = [];
  await hears(seen);
});

test("a client that has closed by itself is replaced", async () => {
  const { transporter, seen } = await node();
  const { client } = transporter;
  await client?.close();
  await until("the node to notice", () => seen.lost === 1);
  await transporter.send(PING, Buffer.from("{}"));
  await until("the node to be back", () => seen.back === 1);
  assert.is.not(transporter.client, client);
  seen.heard = [];
  await hears(seen);
});

test("a subscription that was refused is made when it is allowed", async () => {
  await server.reload([{ ...USER, mustNotHear: [PING] }, OTHER]);
  const { seen } = await node();
  await server.reload([USER, OTHER]);
  await hears(seen);
});

test.run();
