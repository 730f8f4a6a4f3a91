// @takes 8 s
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { later, ManualClock, millis, systemClock } from "../../core/clock.ts";
import { NO_SETTINGS } from "../../core/destination.ts";
import { laneOf, newTaskId } from "../../core/ids.ts";
import { RULES } from "../../due/lane-rules.ts";
import { MemoryDueSet } from "../../due/memory.ts";
import { HORIZON } from "../../due/memory-slots.ts";
import { conformance, WINDOW } from "./conformance.ts";

conformance("memory", async (options) => new MemoryDueSet(systemClock, options));

const test = suite("due set: memory, its bounds");
const options = { leaseMs: millis(1_000), window: WINDOW };
const lane = laneOf("http://a");

test("what is due beyond the horizon is left to the database", async () => {
  const clock = new ManualClock();
  const set = new MemoryDueSet(clock, options);
  const far = {
    taskId: newTaskId(),
    lane,
    app: 0,
    first: true,
    dueAt: later(clock.now(), millis(HORIZON + 1)),
  };
  await set.add([far]);
  assert.equal(await set.counts(), { waiting: 0, ready: 0, leased: 0 });
  clock.advance(1);
  await set.add([far]);
  assert.equal(await set.counts(), { waiting: 1, ready: 0, leased: 0 });
  await set.close();
});

test("it turns entries away when it is full, until there is plenty of room again", async () => {
  const clock = new ManualClock();
  const set = new MemoryDueSet(clock, options);
  const dueAt = later(clock.now(), millis(60_000));
  const entries = Array.from({ length: 200_001 }, () => ({
    taskId: newTaskId(),
    lane,
    app: 0,
    first: true,
    dueAt,
  }));
  await set.add(entries);
  assert.is((await set.counts()).waiting, 200_000);
  assert.is(set.full, true);
  await set.remove(entries.slice(0, 99_999));
  assert.is(set.full, true);
  await set.remove(entries.slice(99_999, 100_001));
  assert.is(set.full, false);
  await set.add(entries.slice(0, 1));
  assert.is((await set.counts()).waiting, 100_000);
  await set.close();
});

test("that a lane has answered is known for ten minutes, and forgotten then", async () => {
  const clock = new ManualClock();
  const set = new MemoryDueSet(clock, { ...options, window: 256 });
  await set.configure(lane, { ...NO_SETTINGS, ratePerSecond: 1 });
  const one = { taskId: newTaskId(), lane, app: 0, first: true, dueAt: clock.now() };
  await set.add([one]);
  await set.claim("a", 1);
  await set.settle("a", [{ entry: one, next: null, health: "ok" }]);
  assert.is((await set.lanes([lane])).size, 1);
  clock.advance(RULES.FORGET_MS / 10);
  await set.claim("a", 1);
  assert.is((await set.lanes([lane])).size, 1);
  clock.advance(RULES.FORGET_MS);
  await set.claim("a", 1);
  assert.is((await set.lanes([lane])).size, 0);
  await set.close();
});

test.run();
