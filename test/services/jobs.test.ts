import { test } from "uvu";
import * as assert from "uvu/assert";
import { seconds, systemClock } from "../../core/clock.ts";
import { laneOf } from "../../core/ids.ts";
import { dueEntryOf } from "../../core/job.ts";
import { MemoryDueSet } from "../../due/memory.ts";
import { JobMaker } from "../../services/scheduler/jobs.ts";
import { LaneSettings } from "../../services/scheduler/lane-settings.ts";
import type { Database } from "../../store/database.ts";
import { closeDatabase, freshDatabase, given, KINDS } from "../store/fixtures.ts";

function makerOver(db: Database) {
  const due = new MemoryDueSet(systemClock, { leaseMs: 10_000 as never, window: 10 });
  const laneSettings = new LaneSettings();
  const jobs = new JobMaker({ db, due, clock: systemClock } as never, laneSettings, due, console as never);
  return { due, laneSettings, jobs };
}

test("an entry of a first call that was made already is put right, and leads to no second call", async () => {
  const db = await freshDatabase(KINDS[0]!);
  const [task] = await given(db, { callCount: 1, nextCallAt: systemClock.now() });
  const entry = dueEntryOf(task!)!;
  assert.is(entry.first, false);
  const { due, jobs } = makerOver(db);

  await due.add([{ ...entry, first: true }]);
  const stale = await due.claim("holder", 10);
  assert.is(stale.length, 1);
  assert.equal(await jobs.load("holder", stale), []);

  const right = await due.claim("holder", 10);
  assert.equal(
    right.map(({ taskId, first }) => [taskId, first]),
    [[entry.taskId, false]],
  );
  assert.equal(
    (await jobs.load("holder", right)).map(({ n }) => n),
    [2],
  );
  await due.close();
  await closeDatabase(db);
});

test("an entry in another lane than its row's, or of another app, leads to no call", async () => {
  const db = await freshDatabase(KINDS[0]!);
  const [task] = await given(db, { nextCallAt: systemClock.now() });
  const entry = dueEntryOf(task!)!;
  const { due, jobs } = makerOver(db);
  for (const wrong of [
    { ...entry, lane: laneOf("http://other.example") },
    { ...entry, app: 7 },
  ]) {
    await due.add([wrong]);
    const claimed = await due.claim("holder", 10);
    assert.is(claimed.length, 1);
    assert.equal(await jobs.load("holder", claimed), []);
    assert.equal(await due.counts(), { waiting: 0, ready: 0, leased: 0 });
  }
  await due.close();
  await closeDatabase(db);
});

test("jobs say what is set for their destination, from the next one on", async () => {
  const db = await freshDatabase(KINDS[0]!);
  const [task] = await given(db, { callCount: 0, nextCallAt: systemClock.now() });
  const entry = dueEntryOf(task!)!;
  const { due, laneSettings, jobs } = makerOver(db);
  const made = async (profile: "kkbida" | null = null) => {
    const [job] = await jobs.make("holder", [entry], [{ ...task!, profile }]);
    return [job?.keepAlive, job?.timeoutMs];
  };
  const own = task!.timeoutMs;
  assert.equal(await made(), [undefined, own]);
  laneSettings.set(entry.lane, { keepAlive: false });
  assert.equal(await made(), [false, own]);
  laneSettings.set(entry.lane, { keepAlive: true, legacyTimeoutMs: seconds(90) });
  assert.equal(await made(), [undefined, own], "v1's callers say themselves how long a call may take");
  assert.equal(await made("kkbida"), [undefined, 90_000]);
  laneSettings.set(entry.lane, { keepAlive: true, legacyTimeoutMs: null });
  assert.equal(await made("kkbida"), [undefined, own]);
  await due.close();
  await closeDatabase(db);
});

test.run();
