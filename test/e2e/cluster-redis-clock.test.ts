/** Redis's clock jumps two minutes ahead under load, and back: nothing under way is called twice. Needs a C compiler. @takes 15 s */
import { Redis } from "ioredis";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { laneOf } from "../../core/ids.ts";
import { partitionOf } from "../../due/members.ts";
import { buildClockShift, WallClock } from "../chaos/harness/wall-clock.ts";
import { start as startRedis } from "../servers/redis.ts";
import type { TestServer } from "../servers/server.ts";
import { type Cluster, startCluster } from "./kit/cluster.ts";
import { gate } from "./kit/gate.ts";
import { until } from "./kit/until.ts";

const library = buildClockShift();
const test = suite("Redis's clock jumps");
const JUMP = 120_000;
let wall: WallClock;
let server: TestServer;
let cluster: Cluster;
let redis: Redis;

test.before(async () => {
  wall = new WallClock(library as string);
  server = await startRedis([], wall.env);
  redis = new Redis(server.url);
  cluster = await startCluster({
    plan: [
      { services: "api,admin" },
      { services: "scheduler" },
      { services: "scheduler" },
      { services: "dispatcher" },
    ],
    env: { BIDA_REDIS_URL: server.url },
  });
});
test.after(async () => {
  redis.disconnect();
  await cluster.stop();
  await server.stop();
});

const redisNow = async () => Number((await redis.time())[0]) * 1_000;

test("two minutes ahead, and back: what is under way is called once, what comes meanwhile too", async () => {
  const { receiver } = cluster;
  const held = gate();
  const url = receiver.url(held.answer);
  const leases = `bida:{${partitionOf({ lane: laneOf(new URL(url).origin) })}}:lease`;
  const submit = (count: number) =>
    Promise.all(Array.from({ length: count }, () => cluster.submit({ url, timeoutMs: 60_000 })));
  const begun = (ids: string[]) => Promise.all(ids.map((taskId) => receiver.waitForCalls(taskId, 1, 30_000)));
  const leased = async (count: number) => (await redis.zcount(leases, await redisNow(), "+inf")) === count;

  const before = await submit(20);
  await begun(before);
  await until("all leases in Redis", () => leased(20));
  // Leases in rows, younger than a heartbeat, are there in the moment of the jump too.
  const young = await submit(20);
  await begun(young);
  wall.shift(JUMP);
  const meanwhile = await submit(10);
  await begun(meanwhile);
  await until("all leases to be renewed by the new time", () => leased(50));
  wall.shift(0);
  const after = await submit(10);
  await begun(after);
  const sane = async () => (await redis.zcount(leases, (await redisNow()) + JUMP / 2, "+inf")) === 0;
  await until("leases of the former time to be cut", async () => (await sane()) && (await leased(60)));
  held.open();
  for (const taskId of [...before, ...young, ...meanwhile, ...after]) {
    assert.is((await cluster.ended(taskId, 30_000)).callCount, 1);
    assert.is(receiver.calls(taskId).length, 1);
  }
  const lost = cluster.nodes.flatMap((node) =>
    node.records("leases lost; those that have not started are dropped"),
  );
  assert.equal(lost, []);
});

if (library === null) console.log("no C compiler here: clocks that jump are not tested");
else test.run();
