// Nodes of several installations on one real NATS: who sees whose services. @takes 15 s
import { type ServiceBroker as Broker, Loggers, ServiceBroker } from "moleculer";
import { connect } from "nats";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { FEATURES } from "../../services/bus/features.ts";
import { natsOptions } from "../../services/bus/nats-options.ts";
import { NatsTransporter } from "../../services/bus/nats-transporter.ts";
import { nodesWith } from "../../services/bus/peers.ts";
import { belongTo, foreignNodes, installationOf } from "../../services/node/foreign-nodes.ts";
import { until } from "../e2e/kit/until.ts";
import * as nats from "../servers/nats.ts";
import type { TestServer } from "../servers/server.ts";

const test = suite("foreign nodes");
let bus: TestServer;
const brokers: Broker[] = [];

test.before(async () => {
  bus = await nats.start();
});
test.after(() => bus.stop());
test.after.each(async () => {
  await Promise.all(brokers.splice(0).map((broker) => broker.stop()));
});

/**
 * @param installation null: it has no database; "none": another service of the cluster, not Bida's
 * @param hear gets what it logs
 */
async function join(
  nodeID: string,
  service: string,
  installation: string | null,
  hear?: (line: string) => void,
): Promise<Broker> {
  const broker = new ServiceBroker({
    nodeID,
    logger: hear ? new Listening(hear) : false,
    transporter: { type: "NATS", options: { servers: [bus.url] } },
    heartbeatInterval: 1,
    heartbeatTimeout: 3,
    metadata: installation === "none" ? {} : { ...FEATURES },
    middlewares: installation === "none" ? [] : [foreignNodes()],
  });
  const action = service === "scheduler" ? "claim" : "drain";
  broker.createService({ name: service, actions: { [action]: () => nodeID } });
  if (installation !== null && installation !== "none") belongTo(broker, installation);
  await broker.start();
  brokers.push(broker);
  return broker;
}

/** A logger of Moleculer's that hands on the message of each line. */
class Listening extends Loggers.Base<object> {
  readonly #hear: (line: string) => void;

  constructor(hear: (line: string) => void) {
    super();
    this.#hear = hear;
  }

  override getLogHandler() {
    return (_: unknown, args: unknown[]) => this.#hear(String(args.at(-1)));
  }
}

const schedulers = (broker: Broker) => nodesWith(broker, "scheduler.claim").sort();

test("nodes see the services of their own installation, and of no other program", async () => {
  const lines: string[] = [];
  const a1 = await join("a1", "scheduler", "A", (line) => lines.push(line));
  const a2 = await join("a2", "scheduler", "A");
  const b = await join("b1", "scheduler", "B");
  const other = await join("other", "scheduler", "none");
  const knows = (broker: Broker, id: string) => (broker.registry as never as Nodes).nodes.get(id)?.available;
  await until("all to be met", () => [a1, a2, b].every((one) => knows(one, "other")));
  await until("a1 and a2", () => schedulers(a1).length === 2 && schedulers(a2).length === 2);
  assert.equal(schedulers(a1), ["a1", "a2"]);
  assert.equal(schedulers(b), ["b1"]);
  assert.equal(schedulers(other), ["a1", "a2", "b1", "other"], "other programs are not Bida's to keep apart");
  assert.is(lines.filter((line) => /a node that is not Bida's/.test(line)).length, 1);
});

test("inner actions are answered to nodes of the own installation only", async () => {
  const a1 = await join("a5", "scheduler", "A");
  const a2 = await join("a6", "dispatcher", "A");
  const b = await join("b5", "dispatcher", "B");
  // As Moleculer comes it asks before it says who it is: that follows up to a second later.
  const other = await join("other-2", "shop", "none");
  const ask = (broker: Broker) => broker.call("scheduler.claim", {}, { nodeID: "a5" });
  await until("the scheduler", () => [a2, other].every((one) => schedulers(one).includes("a5")));
  assert.is(await ask(a2), "a5");
  assert.is(await a1.call("scheduler.claim"), "a5");
  const refused = await ask(other).catch((error: { type: string; code: number }) => error);
  assert.equal([(refused as { type: string }).type, (refused as { code: number }).code], ["forbidden", 403]);
  assert.equal(schedulers(b), [], "one of another installation does not even see it");
});

test("a node of the other Moleculer's protocol is told of once, and nothing breaks", async () => {
  const lines: string[] = [];
  const a = await joinByOwnTransporter("a7", (line) => lines.push(line));
  const raw = await connect({ servers: [bus.url] });
  for (let i = 0; i < 5; i++)
    raw.publish("MOL.HEARTBEAT", JSON.stringify({ ver: "4", sender: "fourteen", cpu: 1 }));
  await raw.flush();
  await until("a line", () => lines.some((line) => /speaks another protocol/.test(line)));
  const answer = raw.subscribe("MOL.PONG.raw", { max: 1 });
  raw.publish("MOL.PING.a7", JSON.stringify({ ver: "5", sender: "raw", id: "1", time: 1 }));
  for await (const { data } of answer) assert.is(JSON.parse(data.toString()).sender, "a7");
  assert.is(lines.filter((line) => /protocol/i.test(line)).length, 1, lines.join("\n"));
  await raw.close();
  assert.ok(a.started);
});

/** With the transporter that Bida's nodes have. */
async function joinByOwnTransporter(nodeID: string, hear: (line: string) => void): Promise<Broker> {
  const transporter = new NatsTransporter(natsOptions([bus.url]));
  const broker = new ServiceBroker({ nodeID, logger: new Listening(hear), transporter });
  await broker.start();
  brokers.push(broker);
  return broker;
}

test("one without a database is of the installation that it meets first, and stays with it", async () => {
  const c = await join("c1", "dispatcher", null);
  assert.is(installationOf(c), null);
  const a = await join("a3", "scheduler", "A");
  await until("it to belong", () => installationOf(c) === "A");
  assert.equal(schedulers(c), ["a3"]);
  await until("its services to be seen", () => nodesWith(a, "dispatcher.drain").includes("c1"));
  const b = await join("b2", "scheduler", "B");
  await until("it to tell", () => (c.registry as never as Nodes).nodes.get("b2")?.available === true);
  assert.equal(schedulers(c), ["a3"]);
  await until("the other to know", () => nodesWith(b, "dispatcher.drain").length === 0);
});

test("one that meets two takes part in none, until one is left", async () => {
  const [a] = [await join("a4", "scheduler", "A"), await join("b4", "scheduler", "B")];
  const lines: string[] = [];
  const c = await join("c4", "dispatcher", null, (line) => lines.push(line));
  const known = () => ["a4", "b4"].every((id) => (c.registry as never as Nodes).nodes.get(id)?.available);
  await until("both to be met", known);
  await until("it to have decided", () => lines.some((line) => line.startsWith("several installations")));
  assert.equal([installationOf(c), schedulers(c)], [null, []]);
  await a.stop();
  brokers.splice(brokers.indexOf(a), 1);
  await until("it to decide", () => installationOf(c) === "B");
  assert.equal(schedulers(c), ["b4"]);
});

interface Nodes {
  nodes: { get(id: string): { available: boolean } | undefined };
}

test.run();
