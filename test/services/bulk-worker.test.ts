/** Bulk jobs: one that fails is left alone for a while, and holds up no other. @takes 45 s */

import { test } from "uvu";
import * as assert from "uvu/assert";
import { systemClock } from "../../core/clock.ts";
import type { TaskId } from "../../core/ids.ts";
import { MemoryDueSet } from "../../due/memory.ts";
import { BulkWorker } from "../../services/admin/bulk-worker.ts";
import { BulkWorkers } from "../../services/admin/bulk-workers.ts";
import { DueRepeats } from "../../services/tasks/due-repeats.ts";
import { outcomeOf } from "../../store/bulk/acted.ts";
import { addJob, changeJob, countOpenJobs, findJob, type NewJob } from "../../store/bulk/jobs.ts";
import { takeJob } from "../../store/bulk/work.ts";
import { recordOutcomes } from "../../store/record.ts";
import { linkResend } from "../../store/resends.ts";
import { EVERYTHING } from "../../store/scope.ts";
import { until } from "../e2e/kit/until.ts";
import { closeDatabase, freshDatabase, given, KINDS, outcome } from "../store/fixtures.ts";

const nobody = async () => undefined;
const newJob = (filter: object): NewJob => ({
  ...{ kind: "resolve", scope: EVERYTHING, filter, bound: systemClock.now(), matched: 3, expected: null },
  ...{ actor: { kind: "user", id: 1, name: "admin", role: "admin" }, sourceIp: null, requestPath: null },
  ...{ note: null, createdAt: systemClock.now() },
});

for (const kind of KINDS) {
  test(`${kind.name}: a job whose search fails backs off, and the job behind it is done`, async () => {
    const db = await freshDatabase(kind);
    const due = new MemoryDueSet(systemClock, { leaseMs: 10_000 as never, window: 10 });
    const tasks = await given(db, { limitCallCount: 1 }, { limitCallCount: 1 });
    await recordOutcomes(
      db,
      tasks.map((task) => outcome(task, 1, "failed")),
      systemClock,
      () => 0,
    );
    // A search that no database answers stands for one that reaches the limit of a statement.
    const failing = await addJob(db, newJob({ state: { length: 0 } }), nobody);
    const sound = await addJob(db, newJob({ state: ["exhausted"] }), nobody);
    const lines: [string, Record<string, unknown>][] = [];
    const log = Object.fromEntries(
      ["info", "warn", "error"].map((level) => [
        level,
        (fields: Record<string, unknown>, line: string) => void lines.push([line, fields]),
      ]),
    );
    const teller = { tell: () => undefined };
    const worker = new BulkWorker(
      {
        db,
        due,
        repeats: new DueRepeats(due, log as never),
        clock: systemClock,
        teller,
        config: { redisUrl: null },
      } as never,
      log as never,
      ["resolve", "cancel"],
    );
    worker.start();
    worker.wake(); // its first look is seconds away
    await until(
      "the sound job to be done",
      async () => (await findJob(db, EVERYTHING, sound.id)).state === "finished",
    );
    const { state, changed } = await findJob(db, EVERYTHING, failing.id);
    assert.equal([state, changed], ["running", 0]);
    assert.is((await findJob(db, EVERYTHING, sound.id)).changed, 2);
    const told = lines.filter(([line]) => line === "a bulk job cannot go on");
    assert.equal(
      told.map(([, { jobId, failures, againInMs }]) => [jobId, failures, againInMs]),
      [[failing.id, 1, 5_000]],
    );
    // Nobody takes it before its time, neither this node nor another.
    const [row] = await db.knex("bulk_jobs").where("state", "running");
    assert.ok(row.lease_until > systemClock.now());
    await worker.stop();
    await due.close();
    await closeDatabase(db);
  });
}

/** A worker's resources over a fresh database, and a log that nobody reads. */
async function place(kind: (typeof KINDS)[number]) {
  const db = await freshDatabase(kind);
  const due = new MemoryDueSet(systemClock, { leaseMs: 10_000 as never, window: 10 });
  const log = { info: () => undefined, warn: () => undefined, error: () => undefined } as never;
  const teller = { tell: () => undefined };
  const resources = {
    db,
    due,
    repeats: new DueRepeats(due, log),
    clock: systemClock,
    teller,
    config: { redisUrl: null },
  } as never;
  const stateOf = async (id: string) => (await findJob(db, EVERYTHING, id)).state;
  const end = async () => {
    await due.close();
    await closeDatabase(db);
  };
  return { db, log, resources, stateOf, end };
}

const asked = (kind: NewJob["kind"], name: string, filter: object): NewJob => ({
  ...newJob({}),
  ...{ kind, filter: filter as NewJob["filter"], actor: { kind: "app", id: name.length, name, role: null } },
});
const of = (sourceAppName: string, count: number, more: object = {}) =>
  Array.from({ length: count }, () => ({ sourceAppName, ...more }));

for (const kind of KINDS) {
  test(`${kind.name}: an app's retry of many does not delay an admin's cancel`, async () => {
    const { db, log, resources, stateOf, end } = await place(kind);
    const canceled = { state: "canceled" as const, nextCallAt: null, finishedAt: systemClock.now() };
    await given(
      db,
      ...of("app", 600, canceled),
      ...of("admin", 200, { nextCallAt: systemClock.now() + 3_600_000 }),
    );
    const retry = await addJob(db, asked("retry", "app", { sourceAppName: "app" }), nobody);
    const workers = new BulkWorkers(resources, log);
    workers.start();
    workers.wake(); // its first look is seconds away
    await until("the retry to be under way", async () => (await findJob(db, EVERYTHING, retry.id)).done > 0);
    const cancel = await addJob(db, asked("cancel", "admin", { sourceAppName: "admin" }), nobody);
    workers.wake();
    await until("the cancel to be done", async () => (await stateOf(cancel.id)) === "finished");
    assert.is(await stateOf(retry.id), "running", "it took no turn of the other");
    await workers.stop();
    await end();
  });

  test(`${kind.name}: callers take turns: one's many jobs do not stand before another's`, async () => {
    const { db, log, resources, stateOf, end } = await place(kind);
    const canceled = { state: "canceled" as const, nextCallAt: null, finishedAt: systemClock.now() };
    await given(db, ...of("greedy", 700, canceled), ...of("meek", 20, canceled));
    const many = [];
    for (let i = 0; i < 3; i++)
      many.push(await addJob(db, asked("retry", "greedy", { sourceAppName: "greedy" }), nobody));
    const worker = new BulkWorker(resources, log, ["retry", "replay"]);
    worker.start();
    worker.wake(); // its first look is seconds away
    const first = many[0]?.id as string;
    await until("the first to be under way", async () => (await findJob(db, EVERYTHING, first)).done > 0);
    const meek = await addJob(db, asked("retry", "meek", { sourceAppName: "meek" }), nobody);
    worker.wake();
    await until("the other caller's to be done", async () => (await stateOf(meek.id)) === "finished");
    assert.equal(await Promise.all(many.map(({ id }) => stateOf(id))), ["running", "waiting", "waiting"]);
    await worker.stop();
    await end();
  });
}

for (const kind of KINDS) {
  test(`${kind.name}: a job keeps its pace, which is set and stopped while it runs, and holds up nobody`, async () => {
    const { db, log, resources, stateOf, end } = await place(kind);
    const canceled = { state: "canceled" as const, nextCallAt: null, finishedAt: systemClock.now() };
    await given(db, ...of("slow", 60, canceled), ...of("quick", 150, canceled));
    const slow = await addJob(
      db,
      { ...asked("retry", "slow", { sourceAppName: "slow" }), pace: 4, schedule: "whole" },
      nobody,
    );
    const worker = new BulkWorker(resources, log, ["retry", "replay"]);
    const doneOf = async (id: string) => (await findJob(db, EVERYTHING, id)).done;
    const startedAt = performance.now();
    worker.start();
    await until("some of the slow job", async () => (await doneOf(slow.id)) >= 3);
    // A slow machine makes it slower, never quicker.
    const seconds = (performance.now() - startedAt) / 1_000;
    assert.ok((await doneOf(slow.id)) <= 4 * seconds + 1, `${seconds} s`);
    // Of the same caller: it would have to wait for the slow one's end, if that held the worker.
    const quick = await addJob(db, asked("retry", "slow", { sourceAppName: "quick" }), nobody);
    worker.wake();
    await until("the quick job to be done", async () => (await stateOf(quick.id)) === "finished");
    const during = await doneOf(slow.id);
    assert.is(await stateOf(slow.id), "running");
    await until("the slow job to go on beside it", async () => (await doneOf(slow.id)) > during);

    const settings = { paused: { at: systemClock.now(), by: "ann" } };
    const { done } = await changeJob(db, EVERYTHING, slow.id, settings, nobody);
    const other = await addJob(db, asked("retry", "slow", { sourceAppName: "nothing" }), nobody);
    worker.wake();
    // Once the worker has taken another job it has let go of the paused one.
    await until("the next job to be done", async () => (await stateOf(other.id)) === "finished");
    assert.is(await doneOf(slow.id), done, "nothing was done after the pause");
    await changeJob(db, EVERYTHING, slow.id, { pace: null, paused: null }, nobody);
    worker.wake();
    await until("the rest, at once", async () => (await stateOf(slow.id)) === "finished");
    const outcome = await outcomeOf(db, slow.id);
    assert.equal([outcome.counted, outcome.open], [60, 60], "each task once");
    await worker.stop();
    await end();
  });
}

test("what a job left out: how many for which reason, with some of their ids", async () => {
  const { db, log, resources, end } = await place(KINDS[0] as (typeof KINDS)[number]);
  const ended = { nextCallAt: null, finishedAt: systemClock.now() };
  const failed = { ...ended, state: "exhausted" as const };
  const [original] = await given(db, failed, ...Array.from({ length: 4 }, () => failed));
  await given(db, ...Array.from({ length: 25 }, () => ({ ...ended, state: "succeeded" as const })));
  const [copy] = await given(db, { createdAt: systemClock.now(), state: "succeeded", ...ended });
  await linkResend(db, copy?.taskId as TaskId, original?.taskId as TaskId, null);
  const { id } = await addJob(db, asked("retry", "a", {}), nobody);
  const worker = new BulkWorker(resources, log, ["retry"]);
  worker.start();
  const done = await until("the job to be done", async () => {
    const job = await findJob(db, EVERYTHING, id);
    return job.state === "finished" ? job : null;
  });
  assert.equal([done.done, done.changed], [31, 4]);
  assert.equal(done.skipped, { "it has succeeded": 26, "a copy of it has succeeded": 1 });
  assert.equal(done.samples["a copy of it has succeeded"], [original?.taskId]);
  assert.is(done.samples["it has succeeded"]?.length, 10);
  await worker.stop();
  await end();
});

test("whose turn it is: the caller that was served longest ago, and of its jobs the oldest", async () => {
  const { db, end } = await place(KINDS[0] as (typeof KINDS)[number]);
  const [a1, , b1, c1] = [
    await addJob(db, asked("retry", "a", {}), nobody),
    await addJob(db, asked("retry", "a", {}), nobody),
    await addJob(db, asked("replay", "bb", {}), nobody),
    await addJob(db, asked("cancel", "ccc", {}), nobody),
  ];
  const lease = 60_000 as never;
  const servedAt = (owner: string) => ({ "app:1": 5, "app:2": 3 })[owner] ?? 0;
  const retries = { kinds: ["retry", "replay"] as const, servedAt };
  assert.is((await takeJob(db, systemClock.now(), lease, retries))?.id, b1?.id);
  assert.is((await takeJob(db, systemClock.now(), lease, retries))?.id, a1?.id);
  assert.is((await takeJob(db, systemClock.now(), lease, { kinds: ["cancel"], servedAt }))?.id, c1?.id);
  assert.is(await countOpenJobs(db, { kind: "app", id: 1 }), 2);
  assert.is(await countOpenJobs(db, { kind: "user", id: null }), 0);
  await end();
});

test.run();
