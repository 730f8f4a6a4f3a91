// @takes 8 s
import { setTimeout as pause } from "node:timers/promises";
import { Redis } from "ioredis";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { millis } from "../../core/clock.ts";
import { laneOf } from "../../core/ids.ts";
import type { DueEntry } from "../../core/job.ts";
import { type DueSetOptions, holdersTime } from "../../due/due-set.ts";
import { RedisDueSet } from "../../due/redis.ts";
import { redisUrl } from "../servers/env.ts";
import { conformance, WINDOW } from "./conformance.ts";
import { Workbench } from "./workbench.ts";

const url = await redisUrl();

async function create(options: DueSetOptions): Promise<RedisDueSet> {
  const admin = new Redis(url);
  await admin.flushall();
  admin.disconnect();
  const set = await connected(options);
  await set.counts(); // Also learns Redis's clock.
  return set;
}

async function connected(options: DueSetOptions): Promise<RedisDueSet> {
  const up = Promise.withResolvers<void>();
  const set = new RedisDueSet(url, options, (isUp) => isUp && up.resolve());
  await up.promise;
  return set;
}

conformance("Redis", create);

const test = suite("due set: Redis, holders that may not have been heard");
const LEASE = millis(400);
const ids = (entries: DueEntry[]) => entries.map(({ taskId }) => taskId);
const waitUntil = (time: number) => pause(time - performance.now());

test("leases that ran out are left to their holders for a while", async () => {
  const set = await create({ leaseMs: LEASE, window: WINDOW });
  const bench = new Workbench(set, laneOf("http://a"));
  const [kept, left] = [bench.entry(), bench.entry()];
  await set.add([kept, left]);
  await set.claim("unheard", 10);
  const end = performance.now() + LEASE;
  await waitUntil(end - holdersTime(LEASE) / 4);
  const since = performance.now();
  set.holdersFirst();
  await waitUntil(end + 5);
  const waiting = bench.claimWhenWoken();
  assert.equal(await set.claim("another", 10), []);
  assert.equal((await set.extend("unheard", [kept])).lost, []);
  assert.equal(ids(await waiting), [left.taskId], "what nobody speaks for is given away");
  assert.ok(performance.now() - since >= holdersTime(LEASE) - 5, "not before the holders had their time");
  assert.equal(ids((await set.extend("unheard", [kept, left])).lost), [left.taskId]);
  await set.close();
});

test("holders are never answered before Redis's time is known, whatever they hold", async () => {
  const set = await connected({ leaseMs: LEASE, window: WINDOW });
  await set.extend("new", []);
  assert.ok(set.clock.known);
  await set.close();
});

test.run();
