/** A node of a cluster dies or is told to stop: the others take over, and nobody is called twice without need. @takes 65 s @timed */
import { Redis } from "ioredis";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { type Cluster, startCluster } from "./kit/cluster.ts";
import { gate } from "./kit/gate.ts";
import type { BidaNode } from "./kit/node.ts";
import { clockNow } from "./kit/receiver.ts";
import { until } from "./kit/until.ts";

const LEASE = 2_000;
const WORKER = { services: "scheduler,dispatcher" };
let world: Cluster;

test.before(async () => {
  world = await startCluster({ env: { BIDA_LEASE_MS: String(LEASE) } });
});
test.after(() => world.stop());

/** Runs with a node that the test may ruin; afterwards another one stands in its place. */
async function withVictim(run: (victim: BidaNode) => Promise<void>): Promise<void> {
  const victim = world.nodes[1] as BidaNode;
  try {
    await run(victim);
  } finally {
    await victim.kill();
    world.nodes.splice(1, 1);
    await world.join(WORKER);
    await world.noticed(victim);
  }
}

/** SIGTERM; whatever has not ended by itself in time is killed, and that is a failure. */
async function stopsWithin(ms: number, nodes: BidaNode[]): Promise<void> {
  const startedAt = performance.now();
  const timer = setTimeout(() => nodes.forEach((node) => void node.kill()), ms);
  const ends = await Promise.all(nodes.map((node) => node.stop()));
  clearTimeout(timer);
  console.log(
    `cluster: ${nodes.length} node(s) ended ${(performance.now() - startedAt).toFixed(0)} ms after SIGTERM`,
  );
  for (const [i, end] of ends.entries()) {
    assert.is(end, "exit 0", `${end}; its log ends ${nodes[i]?.log.slice(-500)}`);
  }
}

/** Calls that are under way on a node. */
async function callsOn({ pid }: BidaNode): Promise<number> {
  const { json } = await world.api("GET", "/v1/nodes");
  const { items } = json as { items: { pid: number; inFlight: number }[] };
  return items.find((item) => item.pid === pid)?.inFlight ?? 0;
}

/** Kills a node while the `n`-th call of many tasks hangs, some of them on that node. */
async function killWhileCalling(victim: BidaNode, n: number, url: string, open: () => void): Promise<void> {
  const { receiver } = world;
  const task = { url, limitCallCount: 4, timeoutMs: 20_000 };
  const ids: string[] = [];
  // One by one: parked claims take turns, so each node gets its share.
  for (let i = 0; i < 40; i++) ids.push(await world.submit(task));
  await Promise.all(ids.map((taskId) => receiver.waitForCalls(taskId, n)));
  assert.ok((await callsOn(victim)) > 0, "the node has a share of the calls");
  const killedAt = clockNow();
  await victim.kill();
  const isCut = (taskId: string) => receiver.calls(taskId)[n - 1]?.endedAt !== null;
  await receiver.waitFor("its connections to be cut", () => ids.some(isCut));
  const again = (taskId: string) => receiver.calls(taskId).length > n;
  await receiver.waitFor("all that were cut to be called again", () => ids.filter(isCut).every(again));
  const repeated = ids.filter(again);
  const latest = Math.max(...repeated.map((taskId) => (receiver.calls(taskId)[n]?.at ?? 0) - killedAt));
  console.log(
    `cluster: ${repeated.length} calls ${n} of a killed node repeated within ${latest.toFixed(0)} ms`,
  );
  open();
  assert.ok(latest < 2 * LEASE, `${latest} ms`);
  for (const taskId of ids) {
    const { state, callCount } = await world.ended(taskId, 40_000);
    assert.is(state, "succeeded");
    assert.is(callCount, n);
    const calls = receiver.calls(taskId);
    assert.is(calls.length, repeated.includes(taskId) ? n + 1 : n, "others are not called twice");
    if (repeated.includes(taskId)) assert.is(calls[n]?.attempt, n);
  }
}

test("scenario 11: a node is killed in the middle of first calls: called again within 2 leases", async () => {
  const held = gate();
  await withVictim((victim) => killWhileCalling(victim, 1, world.receiver.url(held.answer), held.open));
});

test("scenario 11: a node is killed in the middle of retries: called again within 2 leases", async () => {
  const held = gate();
  const url = world.receiver.url((res, call, req) =>
    call.attempt === 1 ? void res.writeHead(500).end() : held.answer(res, call, req),
  );
  await withVictim((victim) => killWhileCalling(victim, 2, url, held.open));
});

test("scenario 15: a call outlives its lease: the heartbeat holds it, and it is made once", async () => {
  const { receiver } = world;
  const url = receiver.url((res) => void setTimeout(() => res.end("ok"), 2.5 * LEASE));
  const taskId = await world.submit({ url, timeoutMs: 20_000 });
  const task = await world.ended(taskId);
  assert.is(task.state, "succeeded");
  assert.is(receiver.calls(taskId).length, 1);
});

test("scenario 15: a node that was frozen past its lease wakes: the record of others stands", () =>
  withVictim(async (sleeper) => {
    const { receiver } = world;
    const held = gate();
    const ids: string[] = [];
    // One by one: parked claims take turns, so the sleeper gets its share.
    for (let i = 0; i < 20; i++) {
      ids.push(await world.submit({ url: receiver.url(held.answer, 200), timeoutMs: 20_000 }));
    }
    await Promise.all(ids.map((taskId) => receiver.waitForCalls(taskId, 1)));
    sleeper.pause();
    await receiver.waitFor("the frozen node's tasks to be called again", () =>
      ids.some((taskId) => receiver.calls(taskId).length === 2),
    );
    const taken = ids.find((taskId) => receiver.calls(taskId).length === 2) as string;
    await world.when(taken, ({ state }) => state === "succeeded");
    sleeper.resume();
    held.open(500);
    // It sees its calls fail now; that is nobody's record any more.
    for (const taskId of ids) assert.is((await world.ended(taskId, 40_000)).state, "succeeded");
    const attempts = await world.attempts(taken);
    assert.equal(
      attempts.map(({ n, statusCode }) => [n, statusCode]),
      [[1, 200]],
    );
    assert.is((await world.task(taken)).callCount, 1);
  }));

test("scenario 17: Redis is emptied under calls: none is made twice, and what waits is found again", async () => {
  const { receiver } = world;
  const held = gate();
  const rebuilt = (node: BidaNode) => node.records("due set rebuilt").length;
  const workers = world.nodes.filter((node) => rebuilt(node) > 0);
  const before = workers.map(rebuilt);
  const many = <T>(make: () => Promise<T>) => Promise.all(Array.from({ length: 40 }, make));
  const calling = await many(() => world.submit({ url: receiver.url(held.answer), timeoutMs: 30_000 }));
  await Promise.all(calling.map((taskId) => receiver.waitForCalls(taskId, 1)));
  const waiting = await many(() => world.submit({ url: receiver.url(), delayMs: 8_000 }));

  const redis = new Redis(world.redisUrl);
  await redis.flushall();
  redis.disconnect();
  await until("every scheduler to have rebuilt", () =>
    workers.every((node, i) => rebuilt(node) > (before[i] ?? 0)),
  );
  held.open();
  for (const taskId of [...calling, ...waiting]) {
    assert.is((await world.ended(taskId, 30_000)).state, "succeeded");
    assert.is(receiver.calls(taskId).length, 1);
  }
});

test("scenario 16: SIGTERM of a node: what is in flight is finished, the rest goes to others, exit 0", async () => {
  const { receiver } = world;
  const held = gate();
  const url = receiver.url(held.answer);
  const flying = await Promise.all(
    Array.from({ length: 40 }, () => world.submit({ url, timeoutMs: 20_000 })),
  );
  await Promise.all(flying.map((taskId) => receiver.waitForCalls(taskId, 1)));
  const startedAt = performance.now();
  const stopped = world.nodes[1]?.stop();
  setTimeout(() => held.open(), 1_000);
  assert.is(await stopped, "exit 0");
  const took = performance.now() - startedAt;
  console.log(`cluster: SIGTERM to exit with calls held for 1000 ms: ${took.toFixed(0)} ms`);
  for (const taskId of flying) {
    assert.is((await world.ended(taskId)).state, "succeeded");
    assert.is(receiver.calls(taskId).length, 1);
  }
  assert.ok(took < 5_000, `it took ${took} ms`);
});

test("scenario 16: SIGTERM of a node that has just started: exit 0 soon", async () => {
  const node = await world.join(WORKER);
  await stopsWithin(5_000, [node]);
  world.nodes.splice(world.nodes.indexOf(node), 1);
});

test("scenario 16: SIGTERM of all nodes at once: exit 0 soon", async () => {
  await stopsWithin(5_000, world.nodes);
});

test.run();
