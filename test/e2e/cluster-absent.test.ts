/** Nobody can renew leases for longer than they last; whoever holds them keeps them all the same. @takes 26 s @timed */
import { Redis } from "ioredis";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { type Cluster, startCluster } from "./kit/cluster.ts";
import { gate } from "./kit/gate.ts";
import type { BidaNode } from "./kit/node.ts";
import { until } from "./kit/until.ts";

const LEASE = 6_000;
const TASKS = 24;
let world: Cluster;

test.before(async () => {
  const plan = ["api,admin,notifier", "scheduler", "dispatcher", "dispatcher"].map((services) => ({
    services,
  }));
  world = await startCluster({ plan, env: { BIDA_LEASE_MS: String(LEASE) } });
});
test.after(() => world.stop());

/** How many leases there are, and how many of them ran out. */
async function leases(redis: Redis): Promise<{ all: number; ended: number }> {
  const [now] = (await redis.time()) as unknown as [seconds: string, micros: string];
  const keys = await redis.keys("bida:{*}:lease");
  const count = (to: number | string) => Promise.all(keys.map((key) => redis.zcount(key, "-inf", to)));
  const sum = (counts: number[]) => counts.reduce((total, n) => total + n, 0);
  return { all: sum(await count("+inf")), ended: sum(await count(Number(now) * 1_000)) };
}

/** While the only scheduler is away, half of the calls end, and all leases run out. */
async function away(change: (scheduler: BidaNode) => Promise<() => Promise<unknown>>): Promise<void> {
  const { receiver } = world;
  const [early, late] = [gate(), gate()];
  const redis = new Redis(world.redisUrl);
  try {
    const urls = [receiver.url(early.answer), receiver.url(late.answer)];
    const ids: string[] = [];
    // One by one: parked claims take turns, so that each dispatcher gets its share.
    for (let i = 0; i < TASKS; i++)
      ids.push(await world.submit({ url: urls[i % 2] as string, timeoutMs: 30_000 }));
    await Promise.all(ids.map((taskId) => receiver.waitForCalls(taskId, 1)));
    const comesBack = await change(world.nodes[1] as BidaNode);
    early.open();
    await until("all leases to run out", async () => {
      const { all, ended } = await leases(redis);
      return all === TASKS && ended === TASKS;
    });
    await comesBack();
    await until("what ended meanwhile to be recorded", async () => (await leases(redis)).all === TASKS / 2);
    late.open();
    for (const taskId of ids) {
      const { state, callCount } = await world.ended(taskId, 30_000);
      assert.equal([state, callCount, receiver.calls(taskId).length], ["succeeded", 1, 1]);
    }
  } finally {
    redis.disconnect();
  }
}

test("the only scheduler is killed and started again: no call is repeated", () =>
  away(async (scheduler) => {
    await scheduler.kill();
    world.nodes.splice(1, 1);
    // The other one asks for work before this one says what it holds.
    const slow = world.nodes[1] as BidaNode;
    return async () => {
      slow.pause();
      await world.join({ services: "scheduler" }).finally(() => slow.resume());
      world.nodes.splice(1, 0, world.nodes.pop() as BidaNode);
      await world.noticed(scheduler);
    };
  }));

test("the only scheduler gets no turn for longer than a lease: no call is repeated", () =>
  away(async (scheduler) => {
    scheduler.pause();
    return async () => scheduler.resume();
  }));

test.run();
