// What other programs with Moleculer 0.14 and 0.15 as they come hear of tasks, from their first moment on, on a real NATS. @takes 30 s
import type { ServiceBroker as Broker } from "moleculer";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { until } from "../../e2e/kit/until.ts";
import * as nats from "../../servers/nats.ts";
import type { TestServer } from "../../servers/server.ts";
import {
  Bida,
  bare,
  type Heard,
  listener,
  type ProgramOptions,
  program,
  RELEASES,
  type Release,
  sees,
} from "./kit.ts";

const test = suite("neighbours' events");
const ONE = "bida.task.succeeded";
const ALL = "bida.broadcast.task.succeeded";
let bus: TestServer;
let bida: Bida;
/** Another node of the same installation. */
let other: Bida;
const started: Broker[] = [];

test.before(async () => {
  bus = await nats.start();
  [bida, other] = await Promise.all([Bida.start(bus.url), Bida.start(bus.url)]);
});
test.after.each(async () => {
  await Promise.all(started.splice(0).map((broker) => broker.stop()));
});
test.after(async () => {
  await Promise.all([bida.stop(), other.stop()]);
  await bus.stop();
});

async function start(release: Release, options: ProgramOptions): Promise<Broker> {
  const broker = program(release, bus.url, options);
  started.push(broker);
  await broker.start();
  return broker;
}

const namesOf = (heard: Heard[]) => heard.map(({ name, taskId }) => `${name} ${taskId}`).toSorted();
/** Resolves when no event is on its way to a program any more: what is sent last arrives last. */
async function arrived(heard: Heard[], count: number): Promise<void> {
  await until(`${count} events`, () => heard.length >= count);
}

for (const release of RELEASES) {
  test(`${release}: a service hears of what follows as soon as it sees Bida, of all nodes`, async () => {
    const [one, all]: [Heard[], Heard[]] = [[], []];
    const services = [listener("one", [ONE], one), listener("all", [ALL], all)];
    const broker = await start(release, { services });
    // Moleculer itself tells others of these services up to a second later.
    await broker.waitForServices("bida.scheduler");
    for (let i = 0; i < 500; i++) {
      bida.tell(`a${i}`);
      other.tell(`b${i}`);
      if (i % 50 === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    await arrived(one, 1_000);
    await arrived(all, 1_000);
    const ids = new Set(Array.from({ length: 500 }, (_, i) => [`a${i}`, `b${i}`]).flat());
    for (const heard of [one, all]) {
      assert.is(heard.length, 1_000);
      assert.equal(new Set(heard.map(({ taskId }) => taskId)), ids);
    }
  });

  test(`${release}: a service that is made later hears of the tasks that it hands over`, async () => {
    const broker = await start(release, {});
    await sees(broker, "bida.scheduler.submit");
    // By then it counts as settled.
    const settled = () => bida.peer.isSettled && other.peer.isSettled;
    let since = performance.now();
    await until("it not to be asked for a moment", () => {
      if (!settled()) since = performance.now();
      return performance.now() - since > 100;
    });
    for (const { asked, changed } of [bida, other]) for (const seen of [asked, changed]) seen.splice(0);
    const heard: Heard[] = [];
    broker.createService(listener("late", [ONE], heard));
    const task = { url: "http://shop.example/", requestMethod: "POST", limitCallCount: 1 };
    const { taskId } = (await broker.call("bida.scheduler.submit", task as never)) as { taskId: string };
    const [by] = [bida, other].filter(({ asked }) => asked.length > 0) as [Bida];
    // The node that was asked does not wait longer than 250 ms for what its caller listens to.
    await until("the other nodes to be told", () => by.changed.length > 0);
    assert.equal(by.changed, [broker.nodeID]);
    by.tell(taskId);
    await arrived(heard, 1);
  });
}

test("one instance of each group hears an event, every instance a broadcast", async () => {
  const heard = new Map<string, Heard[]>();
  const of = (key: string) => heard.get(key) ?? heard.set(key, []).get(key) ?? [];
  const brokers: Broker[] = [];
  for (const [i, release] of (["0.14", "0.15", "0.15"] as const).entries()) {
    const services = [
      listener("mailer", [ONE, ALL], of(`mailer ${i}`)),
      listener(`named-${i}`, [ONE], of(`named ${i}`), "ledger"),
    ];
    brokers.push(await start(release, { services }));
  }
  for (const broker of brokers) await sees(broker, "bida.scheduler.submit");
  await until("all to be known", () => bida.peer.isSettled);
  for (let i = 0; i < 30; i++) bida.tell(`t${i}`);
  const count = (key: RegExp, name: string) =>
    [...heard]
      .filter(([of]) => key.test(of))
      .map(([, events]) => events.filter((e) => e.name === name).length);
  await until("all broadcasts", () => count(/mailer/, ALL).every((n) => n === 30));
  await until("all of one", () => sum(count(/mailer/, ONE)) >= 30 && sum(count(/named/, ONE)) >= 30);
  assert.equal([sum(count(/mailer/, ONE)), sum(count(/named/, ONE))], [30, 30]);
  assert.equal(
    [count(/mailer/, ONE), count(/named/, ONE)],
    [
      [10, 10, 10],
      [10, 10, 10],
    ],
    "in turn",
  );
});

const sum = (numbers: number[]): number => numbers.reduce((a, b) => a + b, 0);

test("an old name is heard by who does not listen to the new one", async () => {
  const [old, both, pattern]: [Heard[], Heard[], Heard[]] = [[], [], []];
  const broker = await start("0.15", {
    services: [
      listener("old", ["task.succeeded"], old),
      listener("both", ["task.succeeded", ONE], both),
      listener("pattern", ["bida.task.*"], pattern),
    ],
  });
  await sees(broker, "bida.scheduler.submit");
  bida.tell("x");
  for (const heard of [old, both, pattern]) await arrived(heard, 1);
  assert.equal(
    [namesOf(old), namesOf(both), namesOf(pattern)],
    [["task.succeeded x"], [`${ONE} x`], [`${ONE} x`]],
  );
});

test("two of Bida's nodes alone have little to say to each other", async () => {
  const pair = await Promise.all([1, 2].map(() => Bida.start(bus.url, { namespace: "quiet" })));
  const raw = await bare(bus.url);
  const beats: string[] = [];
  let packets = 0;
  raw.subscribe("MOL-quiet.>", {
    callback(_, { subject, data }) {
      packets++;
      if (subject.endsWith("HEARTBEAT")) beats.push(JSON.parse(data.toString()).sender);
    },
  });
  await until("a heartbeat of each", () => pair.every(({ broker }) => beats.includes(broker.nodeID)));
  assert.ok(packets < 30, `${packets} packets`);
  await Promise.all(pair.map((one) => one.stop()));
  await raw.close();
});

test("what nobody hears is not put together", async () => {
  await until("everybody to be settled or gone", () => bida.peer.isSettled);
  assert.not.ok(bida.announcer.hears("task.succeeded"));
  await start("0.15", { services: [listener("x", ["bida.task.exhausted"], [])] });
  await until("the newcomer", () => bida.announcer.hears("task.succeeded"));
  await until("it to settle", () => !bida.announcer.hears("task.succeeded"));
  assert.ok(bida.announcer.hears("task.exhausted"));
});

test.run();
