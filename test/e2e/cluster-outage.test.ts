/** Crash and outage, one at a time, on a cluster split as in docker-compose.yml, whose connections can be cut. @takes 90 s @timed */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Seat, ServerName } from "../chaos/harness/seat.ts";
import { System } from "../chaos/harness/system.ts";
import { gate } from "./kit/gate.ts";
import { Receiver } from "./kit/receiver.ts";
import { timely } from "./kit/timely.ts";
import { until } from "./kit/until.ts";
import { World } from "./kit/world.ts";

const LEASE = 3_000;
/** A node that has nothing to do still notices within this that a server has gone silent, in ms. */
const NOTICED: Record<ServerName, number> = { mariadb: 15_000, redis: 8_000, nats: 10_000 };
/** Shorter than in the long run of `npm run chaos`, where it is minutes. */
const OUTAGE = 6_000;

const test = suite("outages");
let system: System;
let receivers: Receiver[];
let world: World;

test.before(async () => {
  receivers = await Promise.all(Array.from({ length: 10 }, () => Receiver.start()));
  system = await System.start({
    ...{ schedulers: 2, dispatchers: 1, leaseMs: LEASE },
    env: { BIDA_THREADS: "2", BIDA_CONCURRENCY: "1024" },
  });
  world = new World({
    kind: "cluster",
    nodes: system.seats.map(({ node }) => node),
    receiver: receivers[0] as Receiver,
    database: { databaseUrl: system.databaseUrl, dataDir: "" },
    alarms: () => 0,
    stop: async () => {},
  });
});
test.after(async () => {
  await system.stop();
  await Promise.all(receivers.map((receiver) => receiver.stop()));
});

/** Whatever becomes of a test, what it held goes on: the next one would find its destination full. */
const gates: ReturnType<typeof gate>[] = [];
const hold = () => {
  const held = gate();
  gates.push(held);
  return held;
};
test.after.each(() => {
  for (const held of gates.splice(0)) held.open();
});

const dispatcher = (): Seat => system.of("dispatcher")[0] as Seat;
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
const many = <T>(count: number, make: (i: number) => Promise<T>) =>
  Promise.all(Array.from({ length: count }, (_, i) => make(i)));

test("scenario 11: kill -9 of a dispatcher with 500 calls in flight: all are called again within 2 leases", async () => {
  const held = hold();
  const far = receivers.map((receiver) => ({ receiver, url: receiver.url(held.answer) }));
  const of = (i: number) => far[i % far.length] as (typeof far)[number];
  const ids = await many(500, (i) => world.submit({ url: of(i).url, limitCallCount: 5, timeoutMs: 60_000 }));
  const calls = (i: number) => of(i).receiver.calls(ids[i] as string);
  await until("500 calls in flight", () => ids.every((_, i) => calls(i).length === 1));
  const victim = dispatcher();
  const second = await system.join("dispatcher");
  try {
    const calledAgain = async () => {
      const killedAt = performance.timeOrigin + performance.now();
      await victim.end("SIGKILL");
      await until("all to be called again", () => ids.every((_, i) => calls(i).length === 2));
      const last = Math.max(...ids.map((_, i) => (calls(i)[1]?.at ?? 0) - killedAt));
      console.log(
        `500 calls of a killed dispatcher: the last one was made again after ${last.toFixed(0)} ms`,
      );
      return last;
    };
    await timely("the last one", 2 * LEASE, calledAgain, 1);
    held.open();
    for (const taskId of ids) assert.is((await world.ended(taskId, 30_000)).callCount, 1);
    for (const [i] of ids.entries()) {
      assert.is(calls(i).length, 2);
      assert.equal(
        calls(i).map(({ attempt }) => attempt),
        [1, 1],
      );
    }
  } finally {
    victim.start();
    await system.joined(victim);
    await system.leave(second);
  }
});

test("scenario 12: kill -9 between the receiver's 200 and its record: called at most once more, one success", async () => {
  const { receiver } = world;
  const victim = dispatcher();
  const url = receiver.url((res) => {
    res.on("finish", () => victim.node.signal("SIGKILL"));
    res.end("ok");
    receiver.answer(new URL(url).pathname);
  });
  victim.expectEnd();
  const taskId = await world.submit({ url });
  await victim.node.ended;
  victim.start();
  const task = await world.ended(taskId, 30_000);
  assert.is(task.state, "succeeded");
  assert.is(task.callCount, 1);
  assert.ok(receiver.calls(taskId).length <= 2);
  assert.is((await world.attempts(taskId)).length, 1);
});

test("scenario 13: the database is away while outcomes come in: written when it is back, no call repeated", async () => {
  const { receiver } = world;
  const held = hold();
  const ids = await many(60, () => world.submit({ url: receiver.url(held.answer), timeoutMs: 60_000 }));
  await until("all to be called", () => ids.every((taskId) => receiver.calls(taskId).length === 1));
  await system.servers.mariadb.down("SIGKILL");
  held.open();
  await pause(OUTAGE);
  await system.servers.mariadb.up();
  for (const taskId of ids) {
    assert.is((await world.ended(taskId, 30_000)).state, "succeeded");
    assert.is(receiver.calls(taskId).length, 1);
  }
});

test("scenario 14: a retry cannot be enqueued: the task is found again, on time or as soon as Redis is back", async () => {
  const { receiver } = world;
  const held = hold();
  const url = receiver.url(held.answer, 200);
  const taskId = await world.submit({ url, limitCallCount: 3, timeoutMs: 60_000 });
  await receiver.waitForCalls(taskId, 1);
  await system.servers.redis.down("SIGKILL");
  held.open(500);
  await until("the failure to be on record", async () => (await world.attempts(taskId)).length === 1);
  await system.servers.redis.up();
  assert.is((await world.ended(taskId, 30_000)).callCount, 2);
  assert.equal(
    receiver.calls(taskId).map(({ attempt }) => attempt),
    [1, 2],
  );
});

test("scenario 17: Redis is gone for a while: accepting goes on, and all is delivered within 15 s of its return", async () => {
  const { receiver } = world;
  const url = receiver.url();
  const before = await many(20, () => world.submit({ url, delayMs: OUTAGE / 2 }));
  await system.servers.redis.down("SIGKILL");
  const during = await many(50, async () => {
    const reply = await world.api("POST", "/v1/tasks", { url, requestMethod: "POST", limitCallCount: 3 });
    assert.is(reply.status, 202, reply.text);
    return reply.json.taskId as string;
  });
  assert.is((await world.api("GET", "/readyz")).status, 503);
  await pause(OUTAGE);
  await system.servers.redis.up();
  const upAt = performance.now();
  for (const taskId of [...before, ...during]) {
    assert.is((await world.ended(taskId, 30_000)).state, "succeeded");
    assert.is(receiver.calls(taskId).length, 1);
  }
  const took = performance.now() - upAt;
  console.log(`Redis came back empty: all delivered ${took.toFixed(0)} ms later`);
  assert.ok(took < 15_000, `${took} ms`);
});

test("scenario 18: NATS is gone for a while: callers are told so, nothing is lost, everything resumes", async () => {
  const { receiver } = world;
  const held = hold();
  const flying = await many(20, () => world.submit({ url: receiver.url(held.answer), timeoutMs: 60_000 }));
  await until("all to be called", () => flying.every((taskId) => receiver.calls(taskId).length === 1));
  const waiting = await many(20, () => world.submit({ url: receiver.url(), delayMs: OUTAGE / 2 }));
  await system.servers.nats.down("SIGKILL");
  const refused = await world.api("POST", "/v1/tasks", {
    url: receiver.url(),
    requestMethod: "GET",
    limitCallCount: 1,
  });
  assert.is(refused.status, 503);
  assert.ok(refused.headers.get("retry-after"));
  held.open();
  await pause(OUTAGE);
  await system.servers.nats.up();
  for (const taskId of [...flying, ...waiting])
    assert.is((await world.ended(taskId, 40_000)).state, "succeeded");
});

for (const server of ["mariadb", "redis", "nats"] as const) {
  test(`scenario 18: a connection to ${server} goes silent: it is noticed, and the node goes on with another`, async () => {
    const [victim] = system.of("scheduler") as [Seat];
    const { receiver } = world;
    const link = victim.links[server];
    await until("it to be connected", () => link.open > 0);
    const before = performance.now();
    link.blackHole();
    const silent = link.silent / 2;
    link.heal();
    // The far ends, which are ours, stay. Of a pool's connections the first one found dead has the others renewed before
    // they are used (test/store/failures.test.ts); those that nobody needs may stay open a while longer.
    const left = server === "mariadb" ? 2 * silent - 1 : silent;
    await until(`silent connections to be noticed`, () => link.silent <= left, 2 * NOTICED[server]);
    const took = performance.now() - before;
    console.log(`${silent} silent connections to ${server}: noticed after ${took.toFixed(0)} ms`);
    assert.ok(took < NOTICED[server], `${took} ms`);
    const ids = await many(20, () => world.submit({ url: receiver.url() }));
    for (const taskId of ids) assert.is((await world.ended(taskId, 30_000)).state, "succeeded");
  });
}

for (const how of ["throw", "memory"] as const) {
  const name = how === "throw" ? "throws" : "runs out of memory";
  test(`scenario 20: a worker thread ${name}: it is replaced, its calls have failed and are made again`, async () => {
    const { receiver } = world;
    const held = hold();
    const url = receiver.url(held.answer);
    const ids = await many(20, () =>
      world.submit({ url, timeoutMs: 60_000, limitCallCount: 5, retry: { strategy: "fixed", delayMs: 500 } }),
    );
    await until("all to be called", () => ids.every((taskId) => receiver.calls(taskId).length === 1));
    const { pid } = dispatcher().node;
    const before = dispatcher().node.records("thread died").length;
    dispatcher().harmThread(how);
    await until(
      "both threads to die",
      () => dispatcher().node.records("thread died").length === before + 2,
      60_000,
    );
    held.open();
    for (const taskId of ids) {
      const task = await world.ended(taskId, 30_000);
      assert.is(task.state, "succeeded");
      const attempts = await world.attempts(taskId);
      assert.equal(
        attempts.map(({ n, errorCode }) => [n, errorCode]),
        [
          [1, "crashed"],
          [2, null],
        ],
      );
      assert.is(receiver.calls(taskId).length, 2);
    }
    assert.is(dispatcher().node.pid, pid, "the process went on");
  });
}

test("scenario 16: SIGTERM while a server is silent or gone: the node ends all the same, within 30 s", async () => {
  const [first, second] = system.of("scheduler") as [Seat, Seat];
  first.links.nats.blackHole();
  second.links.mariadb.blackHole();
  const startedAt = performance.now();
  const ends = await Promise.all([first.end("SIGTERM"), second.end("SIGTERM")]);
  const took = performance.now() - startedAt;
  console.log(`SIGTERM with NATS or MariaDB silent: ended after ${took.toFixed(0)} ms`);
  assert.equal(ends, ["exit 0", "exit 0"]);
  assert.ok(took < 30_000, `${took} ms`);
  for (const seat of [first, second]) {
    for (const link of Object.values(seat.links)) link.heal();
    seat.start();
    await system.joined(seat);
  }
});

test.run();
