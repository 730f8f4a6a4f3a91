// Nodes of several installations on one real NATS: who sees whose services. @takes 15 s
import { type ServiceBroker as Broker, Loggers, ServiceBroker } from "moleculer";
import { suite } from "uvu";
import * as assert from "uvu/assert";
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
    metadata: {},
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

test("nodes see the services of their own installation, and of those that are of none", async () => {
  const a1 = await join("a1", "scheduler", "A");
  const a2 = await join("a2", "scheduler", "A");
  const b = await join("b1", "scheduler", "B");
  const other = await join("other", "scheduler", "none");
  await until("all to be met", () => [a1, a2, b].every((one) => schedulers(one).includes("other")));
  await until("a1 and a2", () => schedulers(a1).length === 3 && schedulers(a2).length === 3);
  assert.equal(schedulers(a1), ["a1", "a2", "other"]);
  assert.equal(schedulers(b), ["b1", "other"]);
  assert.equal(schedulers(other), ["a1", "a2", "b1", "other"], "others are not Bida's to keep apart");
});

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
