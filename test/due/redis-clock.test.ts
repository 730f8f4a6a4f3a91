// Redis's clock jumps two minutes ahead while calls are under way, and back. Needs a C compiler. @takes 10 s
import { setTimeout as pause } from "node:timers/promises";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { millis } from "../../core/clock.ts";
import { laneOf } from "../../core/ids.ts";
import type { DueEntry } from "../../core/job.ts";
import { RedisDueSet } from "../../due/redis.ts";
import { buildClockShift, WallClock } from "../chaos/harness/wall-clock.ts";
import * as redis from "../servers/redis.ts";
import type { TestServer } from "../servers/server.ts";
import { WINDOW } from "./conformance.ts";
import { Workbench } from "./workbench.ts";

const library = buildClockShift();
const test = suite("due set: Redis, its clock jumps");
/** Holders renew by hand here; on a machine that is busy too no lease may end by itself. */
const LEASE = millis(4_000);
const JUMP = 120_000;
let server: TestServer;
let wall: WallClock;

test.before.each(async () => {
  wall = new WallClock(library as string);
  server = await redis.start([], wall.env);
});
test.after.each(() => server.stop());

async function connected(): Promise<RedisDueSet> {
  const up = Promise.withResolvers<void>();
  const set = new RedisDueSet(server.url, { leaseMs: LEASE, window: WINDOW }, (isUp) => isUp && up.resolve());
  await up.promise;
  await set.counts();
  return set;
}

const ids = (entries: DueEntry[]) => entries.map(({ taskId }) => taskId).sort();
const passed = async (set: RedisDueSet) => {
  while (set.awaitsHolders) await pause(50);
};

test("what holders renew stays theirs, the rest is given to others, by every process on the set", async () => {
  const [set, other] = [await connected(), await connected()];
  const bench = new Workbench(set, laneOf("http://a"));
  const [kept, left] = [bench.entry(), bench.entry()];
  await set.add([kept, left]);
  assert.is((await set.claim("holder", 10)).length, 2);
  await Promise.all([passed(set), passed(other)]);
  assert.equal((await set.extend("holder", [kept, left])).lost, []);
  wall.shift(JUMP);
  // The first that both hear of it: the claim itself, which finds leases that have ended long ago.
  assert.equal(await other.claim("another", 10), []);
  assert.equal(await set.claim("another", 10), []);
  assert.ok(set.awaitsHolders && other.awaitsHolders);
  assert.ok(set.clock.now() > Date.now() + JUMP - 1_000, "the clock is followed");
  assert.equal((await set.extend("holder", [kept])).lost, []);
  const beats = setInterval(() => void set.extend("holder", [kept]).catch(() => undefined), LEASE / 4);
  const given = await bench.claimWhenWoken().finally(() => clearInterval(beats));
  assert.equal(ids(given), [left.taskId]);
  assert.not.ok(set.awaitsHolders, "the holders had their time");
  wall.shift(0);
  await set.check(true);
  assert.equal((await set.extend("holder", [kept])).lost, []);
  assert.is((await set.allLeased()).length, 2);
  await Promise.all([set.close(), other.close()]);
});

test("back: what nobody renews is given to others a lease later, not two minutes later", async () => {
  wall.shift(JUMP);
  const set = await connected();
  const bench = new Workbench(set, laneOf("http://a"));
  const one = bench.entry();
  await set.add([one]);
  assert.is((await set.claim("dead", 10)).length, 1);
  wall.shift(0);
  const since = performance.now();
  // What the reconciler does every few seconds.
  assert.is((await set.check(true)).wrong.ends, 1);
  assert.equal(ids(await bench.claimWhenWoken()), [one.taskId]);
  assert.ok(performance.now() - since < JUMP / 2);
  await set.close();
});

if (library === null) console.log("no C compiler here: clocks that jump are not tested");
else test.run();
