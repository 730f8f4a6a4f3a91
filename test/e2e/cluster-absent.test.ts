/** Nobody can renew leases for longer than they last; anyone who holds them keeps them all the same. @takes 35 s @timed */
import { Redis } from "ioredis";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { idOf } from "../../due/members.ts";
import { type Cluster, startCluster } from "./kit/cluster.ts";
import { gate } from "./kit/gate.ts";
import type { BidaNode } from "./kit/node.ts";
import { until } from "./kit/until.ts";

const LEASE = 6_000;
const TASKS = 24;
let world: Cluster;
let redis: Redis;

test.before(async () => {
  const plan = ["api,admin,notifier", "scheduler", "dispatcher", "dispatcher"].map((services) => ({
    services,
  }));
  world = await startCluster({ plan, env: { BIDA_LEASE_MS: String(LEASE) } });
  redis = new Redis(world.redisUrl);
});
test.after(async () => {
  redis.disconnect();
  await world.stop();
});

/**
 * How many of these tasks are leased, and how many of the leases ran out. There may be others: a heartbeat that was under way
 * takes back what has just ended, for one more lease.
 */
async function leases(ids: string[]): Promise<{ all: number; ended: number }> {
  const [now] = (await redis.time()) as unknown as [seconds: string, micros: string];
  const keys = await redis.keys("bida:{*}:lease");
  const count = async (to: number | string) => {
    const members = await Promise.all(keys.map((key) => redis.zrange(key, "-inf", to, "BYSCORE")));
    return members.flat().filter((member) => ids.includes(idOf(member))).length;
  };
  return { all: await count("+inf"), ended: await count(Number(now) * 1_000) };
}

/** While the only scheduler is away, half of the calls end, and all leases run out. */
async function away(
  change: (scheduler: BidaNode) => Promise<(ids: string[]) => Promise<unknown>>,
): Promise<void> {
  const { receiver } = world;
  const [early, late] = [gate(), gate()];
  const urls = [receiver.url(early.answer), receiver.url(late.answer)];
  const ids: string[] = [];
  // One by one: parked claims take turns, so each dispatcher gets its share.
  const submit = async (count: number) => {
    for (let i = 0; i < count; i++)
      ids.push(await world.submit({ url: urls[i % 2] as string, timeoutMs: 30_000 }));
    await Promise.all(ids.map((taskId) => receiver.waitForCalls(taskId, 1)));
  };
  await submit(TASKS / 2);
  await until("their leases to be in Redis", async () => (await leases(ids)).all === TASKS / 2);
  // Leases of these may be in their rows only.
  await submit(TASKS / 2);
  const handedBy = performance.now();
  const comesBack = await change(world.nodes[1] as BidaNode);
  early.open();
  await until("all leases to run out", async () => {
    const { all, ended } = await leases(ids);
    return all >= TASKS / 2 && ended === all && performance.now() - handedBy > LEASE;
  });
  await comesBack(ids);
  await until("what ended meanwhile to be recorded", async () => (await leases(ids)).all === TASKS / 2);
  late.open();
  for (const taskId of ids) {
    const { state, callCount } = await world.ended(taskId, 30_000);
    assert.equal([state, callCount, receiver.calls(taskId).length], ["succeeded", 1, 1]);
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

test("NATS is away for longer than a lease: no call is repeated", () =>
  away(async () => {
    await world.bus.down("SIGKILL");
    const slow = world.nodes[2] as BidaNode;
    return async (ids) => {
      slow.pause();
      try {
        await world.bus.up();
        await until("the other one to be heard", async () => {
          const { all, ended } = await leases(ids);
          return ended < all;
        });
      } finally {
        slow.resume();
      }
      // Our own client cannot be closed while it connects again: it would keep this process alive.
      const answers = () => world.inside.call("scheduler.health", {}, { timeout: 1_000 }).catch(() => null);
      await until("this process to be back", answers);
    };
  }));

test.run();
