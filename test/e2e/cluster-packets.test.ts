/** Who reaches NATS can send any packet: no node dies of one, and the cluster goes on. @takes 10 s */
import { connect, type NatsConnection } from "nats";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { FEATURES } from "../../services/bus/features.ts";
import { type Cluster, startCluster } from "./kit/cluster.ts";
import { Scrape } from "./kit/scrape.ts";
import { until } from "./kit/until.ts";

const test = suite("packets of strangers");

let world: Cluster;
let nats: NatsConnection;
test.before(async () => {
  world = await startCluster({
    plan: [{ services: "api,admin,notifier" }, { services: "scheduler,dispatcher" }],
  });
  // A broker as others have it dies of what comes here.
  await world.broker.stop();
  nats = await connect({ servers: world.bus.url });
});
test.after(async () => {
  await nats.close();
  await world.stop();
});

const nodeIds = () =>
  (world.inside.registry.getNodeList({ onlyAvailable: true }) as unknown as { id: string }[])
    .map(({ id }) => id)
    .filter((id) => world.nodes.some(({ pid }) => id.includes(`-${pid}-`)));

const SENDER = { ver: "5", sender: "stranger" };
/** To Bida's own nodes, and to what neighbours see of them. */
const send = (rest: string, packet: unknown) => {
  for (const prefix of ["MOL-bida", "MOL"])
    nats.publish(`${prefix}.${rest}`, typeof packet === "string" ? packet : JSON.stringify(packet));
};

async function stillWell(): Promise<void> {
  await nats.flush();
  for (const node of world.nodes) {
    const over = await Promise.race([node.ended, Promise.resolve(null)]);
    assert.is(over, null, `a node ended: ${over}\n${node.log.slice(-2_000)}`);
  }
  const taskId = await world.submit({ url: world.receiver.url() });
  assert.is((await world.ended(taskId)).state, "succeeded");
}

const info = (more: object, services: unknown = []) => ({
  ...SENDER,
  services,
  ipList: [],
  hostname: "h",
  instanceID: "i",
  client: {},
  config: {},
  metadata: {},
  seq: Date.now(),
  ...more,
});

test("an event with a name that is a broken pattern", async () => {
  send("INFO", info({}, [{ name: "evil", actions: {}, events: { "*(*": { name: "*(*" } } }]));
  // What is sent from now on is matched against it.
  await stillWell();
});

test("an INFO under each node's own name: the node lives, and corrects what others believe of it", async () => {
  for (const sender of nodeIds()) send("INFO", info({ sender }));
  for (const sender of nodeIds()) send(`INFO.${sender}`, info({ sender }));
  await stillWell();
  assert.is(nodeIds().length, 2);
});

test("the header of a large packet that never comes, and one that lies", async () => {
  for (const count of [2, 0xff_ff, 0, 1]) {
    const header = Buffer.from("\u0000BIDA\0\0\0\u0001\0\0\0\u0001\0\0\0\0x");
    header.writeUInt16BE(count, 15);
    for (const id of nodeIds())
      for (const prefix of ["MOL-bida", "MOL"]) nats.publish(`${prefix}.REQ.${id}`, header);
  }
  await stillWell();
});

const JUNK = [null, 7, "x", [], {}, { a: { b: [null] } }, "(".repeat(1_000)];
/** Texts that are not even packets. */
const TEXTS = ["", "null", "[]", "7", "{", "\u0000", `${"[".repeat(500_000)}${"]".repeat(500_000)}`];

test("junk in every place of every packet, from names that NATS would take for commands", async () => {
  const subjects = ["INFO", "DISCOVER", "HEARTBEAT", "DISCONNECT", "PING"];
  for (const id of nodeIds())
    subjects.push(...["REQ", "RES", "EVENT", "INFO", "PING", "PONG", "DISCOVER"].map((c) => `${c}.${id}`));
  const senders = ["stranger", "a b", "x 1\r\nz\r\nPUB MOL.DISCONNECT 2\r\n{}", "*", ">", "", null, {}];
  for (const subject of subjects) {
    for (const text of TEXTS) send(subject, text);
    for (const sender of senders) {
      send(subject, { ver: "5", sender });
      for (const junk of JUNK)
        send(subject, {
          ...{ ver: "5", sender, id: junk, action: junk, event: junk, services: junk, params: junk },
          ...{ data: junk, groups: junk, meta: junk, metadata: junk, error: junk, cpu: junk, seq: junk },
        });
    }
    await nats.flush();
  }
  await stillWell();
});

test("every event of Bida's and of Moleculer's with junk as its payload", async () => {
  const events = ["task.attempted", "task.succeeded", "task.exhausted", "stream.tasks", "access.changed"];
  events.push("destination.opened", "destination.closed", "$node.disconnected", "$services.changed");
  for (const id of nodeIds())
    for (const event of events)
      for (const data of JUNK)
        send(`EVENT.${id}`, { ...SENDER, id: "1", event, data, groups: null, broadcast: true, meta: {} });
  await stillWell();
});

test("every action with junk as its parameters", async () => {
  const actions = (world.inside.registry.getActionList({}) as unknown as { name: string }[])
    .map(({ name }) => name)
    .filter((name) => !name.startsWith("$"));
  assert.ok(actions.length > 50);
  // As one of Bida's own: others are not answered there.
  send("INFO", info({ metadata: { ...FEATURES } }));
  for (const id of nodeIds())
    for (const action of [...actions, "constructor", "__proto__", "no.such"])
      for (const [i, params] of JUNK.entries())
        send(`REQ.${id}`, { ...SENDER, id: `${action}-${i}`, action, params, meta: {}, level: 1 });
  await stillWell();
});

test("what was dropped is counted and told", async () => {
  const dropped = await until("metrics", async () => {
    const text = (await world.api("GET", "/metrics")).text;
    const scrape = new Scrape(text);
    return scrape.sum("bida_packets_refused_total") > 100 ? scrape : null;
  });
  for (const command of ["INFO", "REQ", "RES", "EVENT", "DISCOVER"])
    assert.ok(dropped.sum("bida_packets_refused_total", { command }) > 0, command);
  await until("each node's log", () =>
    world.nodes.every((node) => node.records("a packet was dropped").length > 0),
  );
});

test.run();
