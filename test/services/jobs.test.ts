import { test } from "uvu";
import * as assert from "uvu/assert";
import { systemClock } from "../../core/clock.ts";
import { dueEntryOf } from "../../core/job.ts";
import { MemoryDueSet } from "../../due/memory.ts";
import { JobMaker } from "../../services/scheduler/jobs.ts";
import { KeepAliveOff } from "../../services/scheduler/keep-alive.ts";
import { closeDatabase, freshDatabase, given, KINDS } from "../store/fixtures.ts";

test("an entry of a first call that was made already is put right, and leads to no second call", async () => {
  const db = await freshDatabase(KINDS[0]!);
  const [task] = await given(db, { callCount: 1, nextCallAt: systemClock.now() });
  const entry = dueEntryOf(task!)!;
  assert.is(entry.first, false);
  const due = new MemoryDueSet(systemClock, { leaseMs: 10_000 as never, window: 10 });
  const jobs = new JobMaker({ db, due, clock: systemClock } as never, new KeepAliveOff(), console as never);

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

test("jobs of a destination without keep-alive say so, from the next one on", async () => {
  const db = await freshDatabase(KINDS[0]!);
  const [task] = await given(db, { callCount: 0, nextCallAt: systemClock.now() });
  const entry = dueEntryOf(task!)!;
  const due = new MemoryDueSet(systemClock, { leaseMs: 10_000 as never, window: 10 });
  const keepAliveOff = new KeepAliveOff();
  const jobs = new JobMaker({ db, due, clock: systemClock } as never, keepAliveOff, console as never);
  const made = async () => (await jobs.make("holder", [entry], [task!]))[0]?.keepAlive;
  assert.is(await made(), undefined);
  keepAliveOff.set(entry.lane, false);
  assert.is(await made(), false);
  keepAliveOff.set(entry.lane, true);
  assert.is(await made(), undefined);
  await due.close();
  await closeDatabase(db);
});

test.run();
