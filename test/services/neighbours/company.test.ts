// Who else is in a Moleculer namespace: programs with Bida's names, other installations, nodes that come, go and die. @takes 35 s
import type { ServiceBroker as Broker, ServiceSchema } from "moleculer";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { type Neighbour, Neighbourhood } from "../../../services/neighbours/neighbourhood.ts";
import { tellOfOtherNamespaces } from "../../../services/neighbours/other-namespaces.ts";
import { until } from "../../e2e/kit/until.ts";
import * as nats from "../../servers/nats.ts";
import type { TestServer } from "../../servers/server.ts";
import {
  Bida,
  type BidaOptions,
  bare,
  type ProgramOptions,
  program,
  RELEASES,
  type Release,
  sees,
} from "./kit.ts";

const test = suite("neighbours' company");
const ADMIN = { name: "admin", actions: { list: () => "the shop's own" } } as unknown as ServiceSchema;
let bus: TestServer;
const running: { stop(): Promise<unknown> }[] = [];

test.before(async () => {
  bus = await nats.start();
});
test.after.each(async () => {
  await Promise.all(running.splice(0).map((one) => one.stop()));
});
test.after(() => bus.stop());

async function bida(options: BidaOptions): Promise<Bida> {
  const one = await Bida.start(bus.url, options);
  running.push(one);
  return one;
}

async function start(release: Release, options: ProgramOptions): Promise<Broker> {
  const broker = program(release, bus.url, options);
  running.push(broker);
  await broker.start();
  return broker;
}

/** Nodes that offer an action, as a program sees them. */
function offering(broker: Broker, action: string): string[] {
  const { actions } = broker.registry as unknown as {
    actions: { get(name: string): { endpoints: { node: { id: string; available: boolean } }[] } | undefined };
  };
  const endpoints = actions.get(action)?.endpoints ?? [];
  return endpoints.filter(({ node }) => node.available).map(({ node }) => node.id);
}

for (const release of RELEASES) {
  /** In a NATS subject a dot would be one too many. */
  const suffix = release.replace(".", "_");

  test(`${release}: a program's own service of an old name is there first: it alone has the name`, async () => {
    const namespace = `first-${suffix}`;
    const shop = await start(release, { namespace, services: [ADMIN] });
    const one = await bida({ namespace });
    const caller = await start(release, { namespace });
    await sees(caller, "bida.admin.list");
    await sees(caller, "scheduler.submit");
    assert.equal(offering(caller, "admin.list"), [shop.nodeID]);
    for (let i = 0; i < 20; i++) assert.is(await caller.call("admin.list"), "the shop's own");
    const told = one.said(/another program has a service of this name/);
    assert.equal(
      told.map(({ node, service }) => [node, service]),
      [[shop.nodeID, "admin"]],
    );
  });

  test(`${release}: … or comes later: the old name is withdrawn, and stays so when it leaves`, async () => {
    const namespace = `later-${suffix}`;
    const one = await bida({ namespace });
    const caller = await start(release, { namespace });
    await sees(caller, "admin.list");
    const shop = await start(release, { namespace, services: [ADMIN] });
    await until("Bida's to be withdrawn", () => offering(caller, "admin.list").join() === shop.nodeID);
    assert.equal(offering(caller, "bida.admin.list"), [one.broker.nodeID]);
    assert.equal(offering(caller, "scheduler.submit"), [one.broker.nodeID], "nobody else has this one");
    await shop.stop();
    running.splice(running.indexOf(shop), 1);
    await until("it to have left", () => offering(caller, "admin.list").length === 0);
    const again = await start(release, { namespace });
    await sees(again, "bida.admin.list");
    assert.equal(offering(again, "admin.list"), []);
  });

  test(`${release}: heartbeats are of the version that is spoken here, and of no other`, async () => {
    const namespace = `beats-${suffix}`;
    const raw = await bare(bus.url);
    const versions = new Map<string, Set<string>>();
    let beats = 0;
    const complaints: string[] = [];
    const hear = (level: string, line: string) => {
      if (level !== "info") complaints.push(line);
    };
    const shop = await start(release, { namespace, hear });
    raw.subscribe(`MOL-${namespace}.>`, {
      callback(_, { subject, data }) {
        const { ver, sender } = JSON.parse(data.toString());
        const [command = "", target] = subject.replace(`MOL-${namespace}.`, "").split(".");
        // Bida's own nodes understand both.
        if (sender === shop.nodeID || (target !== undefined && target !== shop.nodeID)) return;
        versions.set(command, (versions.get(command) ?? new Set()).add(ver));
        if (command === "HEARTBEAT") beats++;
      },
    });
    await raw.flush();
    // Two of Bida's, which have met each other in the version that either of them asked in first.
    await bida({ namespace });
    await bida({ namespace });
    await sees(shop, "bida.scheduler.submit");
    await until("some heartbeats", () => beats >= 6);
    const own = release === "0.14" ? "4" : "5";
    for (const [command, seen] of versions)
      if (command !== "DISCOVER") assert.equal([...seen], [own], command);
    // Who starts does not know which version is spoken; the one question to all goes out in both.
    assert.ok(complaints.length <= 2, complaints.join("\n"));
    await raw.close();
  });

  test(`${release}: a program that comes to a cluster of Bida's hears its own version only, from the first beat on`, async () => {
    const namespace = `cluster-${suffix}`;
    await Promise.all([bida({ namespace }), bida({ namespace }), bida({ namespace })]);
    const complaints: string[] = [];
    const hear = (level: string, line: string) => {
      if (level !== "info") complaints.push(line);
    };
    const raw = await bare(bus.url);
    let beats = 0;
    await start(release, { namespace, hear });
    raw.subscribe(`MOL-${namespace}.HEARTBEAT`, { callback: () => void beats++ });
    await until("heartbeats of all", () => beats >= 12);
    assert.equal(complaints, []);
    await raw.close();
  });

  test(`${release}: Bida's restart, and a program's, are noticed at once`, async () => {
    const namespace = `again-${suffix}`;
    const first = await Bida.start(bus.url, { namespace, nodeID: "same" });
    const shop = await start(release, { namespace });
    await sees(shop, "bida.scheduler.submit");
    await first.stop();
    await until("it to be gone", () => offering(shop, "bida.scheduler.submit").length === 0);
    await bida({ namespace, nodeID: "same" });
    await sees(shop, "bida.scheduler.submit");
    const { taskId } = (await shop.call("bida.scheduler.submit", { url: "x" } as never)) as {
      taskId: string;
    };
    assert.ok(taskId);
  });
}

test("a service under Bida's own name is told of", async () => {
  const namespace = "under-name";
  const one = await bida({ namespace });
  await start("0.15", { namespace, nodeID: "thief", services: [{ name: "bida.scheduler", actions: {} }] });
  await until("a line", () => one.said(/has Bida's name/).length > 0);
  const [{ node, service } = {}] = one.said(/has Bida's name/);
  assert.equal([node, service], ["thief", "bida.scheduler"]);
});

test("two installations in one namespace: one of them offers and tells nothing, and takes over when the other leaves", async () => {
  const namespace = "two";
  const shop = await start("0.15", { namespace });
  const a = await Bida.start(bus.url, { namespace, installation: "A" });
  const a2 = await bida({ namespace, installation: "A" });
  await sees(shop, "bida.scheduler.submit");
  const b = await bida({ namespace, installation: "B" });
  assert.ok(b.said(/another Bida installation serves/).length > 0);
  await until("both nodes of the first", () => offering(shop, "bida.scheduler.submit").length === 2);
  assert.not.ok(offering(shop, "bida.scheduler.submit").includes(b.broker.nodeID));
  assert.not.ok(b.announcer.hears("task.succeeded"));
  await Promise.all([a.stop(), a2.stop()]);
  running.splice(running.indexOf(a2), 1);
  await until("the second", () => offering(shop, "bida.scheduler.submit").join() === b.broker.nodeID);
  assert.ok(b.said(/has left/).length > 0);
});

test("two installations that start at once do not both offer", async () => {
  const namespace = "at-once";
  const shop = await start("0.14", { namespace });
  const pair = await Promise.all(
    ["A", "B"].map((installation) => bida({ namespace, installation, nodeID: `node-of-${installation}` })),
  );
  await until("both to have told", () => pair.every((one) => one.said(/another Bida/).length > 0));
  // The first by its id, unless the other was open already when it looked around.
  const known = () => pair.every(({ broker }) => shop.registry.nodes.get(broker.nodeID));
  await until("one to offer", () => known() && offering(shop, "bida.scheduler.submit").length === 1);
});

test("a namespace that is not served is told of once", async () => {
  const one = await bida({ namespace: "served" });
  const log = one.lines;
  const write = (fields: Record<string, unknown>, line: string) =>
    void log.push({ level: "info", fields, line });
  tellOfOtherNamespaces(one.peer, ["served", "bida"], { info: write } as never);
  await start("0.14", { namespace: "elsewhere" });
  await start("0.15", { namespace: "elsewhere" });
  await start("0.15", { namespace: "served" });
  const told = () => one.said(/is not served/).map(({ namespace }) => namespace);
  await until("it to be told of", () => told().includes("elsewhere"));
  assert.equal(told().filter((name) => name === "elsewhere").length, 1);
  assert.not.ok(told().includes("served"));
});

test("a node of the own installation, of a version without a namespace, is offered nothing, and asks for whom it says", async () => {
  const namespace = "upgrade";
  const one = await bida({ namespace, installation: "A" });
  const caller = await start("0.15", { namespace });
  await sees(caller, "admin.list");
  const old = program("0.15", bus.url, { namespace, services: [ADMIN] });
  old.metadata.installation = "A";
  running.push(old);
  await old.start();
  await until("it to be known", () => offering(caller, "admin.list").length === 2);
  await until("it to see nothing of the new", () => offering(old, "admin.list").join() === old.nodeID);
  assert.equal(offering(old, "scheduler.submit"), []);
  assert.equal(one.said(/another program has a service/), [], "it is no other program");
  // Asked before it knew better, an answer is for whom it asks: an app sees its own tasks only.
  const raw = await bare(bus.url);
  const answers = raw.subscribe("MOL-upgrade.RES.old-2", { max: 1 });
  const send = (command: string, fields: object) =>
    raw.publish(`MOL-upgrade.${command}`, JSON.stringify({ ver: "5", sender: "old-2", ...fields }));
  send("INFO", { services: [], instanceID: "x", seq: 1, metadata: { installation: "A" } });
  const meta = { scope: { appId: 7 }, actor: { kind: "app", id: 7, name: "shop", role: null } };
  send(`REQ.${one.broker.nodeID}`, { id: "1", action: "admin.list", params: {}, meta });
  for await (const { data } of answers) assert.is(JSON.parse(data.toString()).success, true);
  assert.equal(one.asked.at(-1)?.meta, meta);
  await raw.close();
});

test("without the old names", async () => {
  const one = await bida({ namespace: "new-names", aliases: false });
  const shop = await start("0.14", { namespace: "new-names" });
  await sees(shop, "bida.scheduler.submit");
  assert.equal(offering(shop, "scheduler.submit"), []);
  assert.ok(one.broker.started);
});

/** A neighbourhood with a clock of its own. */
function village() {
  const time = { now: 0 };
  return { time, village: new Neighbourhood(() => time.now) };
}

test("a node that says nothing for 30 s is gone; one with Moleculer's usual 10 s never is", () => {
  const { time, village: nodes } = village();
  nodes.heard("usual", "4");
  nodes.heard("silent", "5");
  for (time.now = 0; time.now <= 30_000; time.now += 10_000) nodes.heard("usual", "4");
  assert.equal(
    nodes.expire().map(({ nodeID }) => nodeID),
    ["silent"],
  );
  assert.equal([...nodes.versions], ["4"]);
});

test("heartbeats are as frequent as the quickest neighbour's", () => {
  const { time, village: nodes } = village();
  assert.is(nodes.beatMs, 9_000);
  const { neighbour } = nodes.heard("quick", "5") as { neighbour: Neighbour };
  assert.is(nodes.beatMs, 1_800, "until its own are known");
  for (const at of [0, 5_000]) {
    time.now = at;
    nodes.beat(neighbour);
  }
  assert.is(nodes.beatMs, 4_500);
});

test("no more nodes are kept than a bound", () => {
  const { village: nodes } = village();
  for (let i = 0; i < 10_000; i++) assert.ok(nodes.heard(`n${i}`, "4"));
  assert.is(nodes.heard("one more", "4"), null);
  assert.ok(nodes.heard("n0", "4"));
});

test.run();
