// What people set of jobs over many tasks, and what became of the tasks of one.
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { epochMs, seconds } from "../../../core/clock.ts";
import type { TaskId } from "../../../core/ids.ts";
import { addActed, outcomeOf, pruneJobs } from "../../../store/bulk/acted.ts";
import {
  addJob,
  changeJob,
  countOpenJobs,
  findJob,
  listJobs,
  type NewJob,
  stopJob,
} from "../../../store/bulk/jobs.ts";
import { JobLost } from "../../../store/bulk/rows.ts";
import { advanceJob, holdJob, leaseJob, takeJob } from "../../../store/bulk/work.ts";
import type { Database } from "../../../store/database.ts";
import { recordOutcomes } from "../../../store/record.ts";
import { pruneTasks } from "../../../store/retention.ts";
import { EVERYTHING } from "../../../store/scope.ts";
import { refusal } from "../../core/helpers.ts";
import { clock, closeDatabase, freshDatabase, given, inMs, type Kind, outcome } from "../fixtures.ts";

const nobody = async () => undefined;
const actor = { kind: "user", id: 1, name: "admin", role: "admin" } as const;

export function jobs(kind: Kind): void {
  const test = suite(`${kind.name}: jobs`);
  let db: Database;
  test.before.each(async () => {
    db = await freshDatabase(kind);
  });
  test.after.each(() => closeDatabase(db));

  const add = (more: Partial<NewJob> = {}) =>
    addJob(
      db,
      {
        ...{ kind: "retry", scope: EVERYTHING, filter: { q: "x" }, bound: clock.now(), matched: 3 },
        ...{ expected: null, actor, sourceIp: null, requestPath: null, note: null, createdAt: clock.now() },
        ...more,
      },
      nobody,
    );
  const take = () => takeJob(db, inMs(1), seconds(15));
  const lost = (work: Promise<unknown>) =>
    work.then(
      () => assert.unreachable(),
      (error) => assert.instance(error, JobLost),
    );
  const pausedBy = (by: string) => ({ paused: { at: clock.now(), by } });

  test("a pause ends the work at the next batch, and nobody takes the job until it goes on: where it was", async () => {
    const { id } = await add();
    const taken = (await take())!;
    const told: string[] = [];
    const change = (settings: Parameters<typeof changeJob>[3]) =>
      changeJob(db, EVERYTHING, id, settings, async (_, after, before) => {
        told.push(`${before.state} ${after.state}`);
      });
    const paused = await change(pausedBy("ann"));
    assert.equal([paused.state, paused.paused?.by], ["paused", "ann"]);
    assert.is((await change(pausedBy("bob"))).paused?.by, "ann", "who paused it first did");
    await lost(db.knex.transaction((knex) => holdJob({ ...db, knex }, taken)));
    clock.advance(60_000);
    assert.is(await take(), null);
    assert.is(await countOpenJobs(db, actor), 1, "it counts among those that have not ended");
    // A node that failed with it has put it off for minutes: who resumes it means now.
    await leaseJob(db, taken, inMs(300_000));
    const resumed = await change({ paused: null });
    assert.equal([resumed.state, resumed.paused], ["running", null]);
    const again = (await take())!;
    assert.equal([again.fence, again.startedAt], [taken.fence + 1, taken.startedAt]);
    await lost(db.knex.transaction((knex) => holdJob({ ...db, knex }, taken)));
    assert.equal(told, ["running paused", "paused running"]);
  });

  test("one that waits can be paused, goes on waiting, and can be stopped; one that ended cannot be changed", async () => {
    const { id } = await add();
    await changeJob(db, EVERYTHING, id, pausedBy("ann"), nobody);
    assert.is((await changeJob(db, EVERYTHING, id, { paused: null }, nobody)).state, "waiting");
    await changeJob(db, EVERYTHING, id, pausedBy("ann"), nobody);
    assert.equal((await stopJob(db, EVERYTHING, id, clock.now(), nobody)).paused, null);
    const error = await refusal(() => changeJob(db, EVERYTHING, id, { paused: null }, nobody));
    assert.is(error.code, "conflict");
  });

  test("a pace that is set while a node works is the next batch's; the batch does not set it back", async () => {
    const { id } = await add({ pace: 5, schedule: "whole" });
    const taken = (await take())!;
    assert.equal([taken.pace, taken.schedule], [5, "whole"]);
    await changeJob(db, EVERYTHING, id, { pace: 50 }, nobody);
    await db.knex.transaction(async (knex) => {
      const within = { ...db, knex };
      assert.is((await holdJob(within, taken)).pace, 50);
      await advanceJob(within, { ...taken, done: 1, samples: { why: [id] } });
    });
    const now = await findJob(db, EVERYTHING, id);
    assert.equal([now.pace, now.done, now.samples], [50, 1, { why: [id] }]);
    assert.is((await changeJob(db, EVERYTHING, id, { pace: null }, nobody)).pace, null);
  });

  test("an app reaches its own jobs only; lists are filtered by state", async () => {
    const { id } = await add({ scope: { appId: 7 } });
    await add({ scope: { appId: 8 } });
    const error = await refusal(() => changeJob(db, { appId: 8 }, id, pausedBy("eve"), nobody));
    assert.is(error.code, "not_found");
    assert.is((await findJob(db, EVERYTHING, id)).state, "waiting");
    await changeJob(db, { appId: 7 }, id, pausedBy("ann"), nobody);
    const listed = async (states?: ("waiting" | "paused")[]) =>
      (await listJobs(db, EVERYTHING, 9, null, states)).items.length;
    assert.equal(await Promise.all([listed(), listed(["paused"]), listed(["waiting", "paused"])]), [2, 1, 2]);
    assert.is((await listJobs(db, { appId: 8 }, 9, null, ["paused"])).items.length, 0);
  });

  test("a row of an earlier release: a retry grants one call, at no pace of its own", async () => {
    const { id } = await add();
    await db.knex("bulk_jobs").update({ schedule: null, pace: null, samples: null });
    const job = await findJob(db, EVERYTHING, id);
    assert.equal([job.schedule, job.pace, job.samples, job.paused], ["once", null, {}, null]);
    const cancel = await add({ kind: "cancel" });
    assert.is(cancel.schedule, null);
  });

  test("what became of a job's tasks, looked at in pieces; those that retention deleted are told", async () => {
    const { id } = await add();
    const other = await add();
    const limited = { limitCallCount: 1 };
    const tasks = await given(db, limited, limited, limited, {}, limited);
    const ids = tasks.map(({ taskId }) => taskId);
    const results = ["succeeded", "failed", "succeeded"] as const;
    await recordOutcomes(
      db,
      results.map((result, i) => outcome(tasks[i]!, 1, result)),
      clock,
      () => 0.5,
    );
    await addActed(db, id, ids.slice(0, 4));
    await addActed(db, other.id, ids.slice(4));
    const expected = { counted: 4, succeeded: 2, exhausted: 1, open: 1, canceled: 0, resolved: 0, gone: 0 };
    assert.equal(await outcomeOf(db, id), expected);
    for (const piece of [1, 3, 4]) assert.equal(await outcomeOf(db, id, { piece }), expected, String(piece));
    assert.is((await outcomeOf(db, id, { piece: 2, patience: 0 })).counted, 2, "there was no time for more");
    await pruneTasks(db, epochMs(clock.now() + 1), null, 100, inMs(1));
    const after = await outcomeOf(db, id);
    assert.equal([after.open, after.gone, after.counted], [1, 3, 4]);
  });

  test("pruning takes jobs that ended long ago with their tasks, a part at a time, and no others", async () => {
    const [old, young, open] = [await add(), await add(), await add()];
    const tasks = (await given(db, {}, {}, {}, {}, {})).map(({ taskId }): TaskId => taskId);
    for (const { id } of [old, young, open]) await addActed(db, id, tasks);
    await stopJob(db, EVERYTHING, old.id, epochMs(1_000), nobody);
    await stopJob(db, EVERYTHING, young.id, epochMs(3_000), nobody);
    let steps = 0;
    while ((await pruneJobs(db, epochMs(2_000), 2)).next) steps++;
    assert.is(steps, 3);
    assert.is((await refusal(() => findJob(db, EVERYTHING, old.id))).code, "not_found");
    assert.is((await db.knex("bulk_job_tasks")).length, 10);
    assert.is((await listJobs(db, EVERYTHING, 9, null)).items.length, 2);
  });

  test.run();
}
