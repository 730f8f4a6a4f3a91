import { suite } from "uvu";
import * as assert from "uvu/assert";
import { cancel } from "../../../core/task.ts";
import { changeTask } from "../../../store/change.ts";
import type { Database } from "../../../store/database.ts";
import { findEndedHandovers, findHanded, isHanded } from "../../../store/handovers.ts";
import { recordOutcomes } from "../../../store/record.ts";
import type { StoredTask } from "../../../store/rows.ts";
import { EVERYTHING } from "../../../store/scope.ts";
import { scanWaiting } from "../../../store/waiting.ts";
import {
  attemptsIn,
  clock,
  closeDatabase,
  freshDatabase,
  given,
  inMs,
  type Kind,
  outcome,
  taskIn,
} from "../fixtures.ts";

/** Tasks whose row is the lease of their first call: how they are found, and how their calls are recorded. */
export function handovers(kind: Kind): void {
  const test = suite(`${kind.name}: handovers`);
  let db: Database;
  test.before.each(async () => {
    db = await freshDatabase(kind);
    clock.advance(60_000);
  });
  test.after.each(() => closeDatabase(db));

  const success = (task: StoredTask, n = 1) => ({ ...outcome(task, n, "succeeded"), handed: true as const });
  const record = (...outcomes: Parameters<typeof recordOutcomes>[1]) =>
    recordOutcomes(db, outcomes, clock, () => 0);
  const ids = (tasks: { taskId: string }[]) => tasks.map(({ taskId }) => taskId).sort();

  test("rows are leases until their time, then they are found, and the usual scan leaves them alone before", async () => {
    const now = clock.now();
    const [held, over, usual, called, later] = await given(
      db,
      { handedUntil: inMs(5_000) },
      { handedUntil: inMs(-1), nextCallAt: inMs(-10_000) },
      {},
      { handedUntil: inMs(-1), callCount: 1, nextCallAt: inMs(-5_000) },
      { handedUntil: null, nextCallAt: inMs(5_000) },
    );
    assert.equal(await taskIn(db, held!.taskId), held, "it comes back as it was stored");
    const since = inMs(-20_000);
    assert.equal(ids(await findHanded(db, since, now, 10)), ids([held!]));
    assert.equal(ids(await findEndedHandovers(db, since, now, 10)), ids([over!]));
    assert.equal(await findEndedHandovers(db, inMs(-9_000), now, 10), [], "long ago is the reconciler's");
    const scanned = await scanWaiting(db, inMs(60_000), null, 10, { until: now, over: now, now });
    assert.equal(ids(scanned), ids([over!, usual!, called!, later!]));
    assert.equal(
      [held!, over!, usual!, called!].map((task) => isHanded(task, now)),
      [true, false, false, false],
    );
  });

  test("many whose time is over are found page by page, also those of one instant", async () => {
    const now = clock.now();
    const over = { handedUntil: inMs(-1), nextCallAt: inMs(-10_000) };
    const tasks = await given(db, over, over, over, { ...over, nextCallAt: inMs(-9_000) });
    const found: { taskId: string }[] = [];
    let after = null;
    for (let page = 0; page < 4; page++) {
      const some = await findEndedHandovers(db, inMs(-20_000), now, 2, after);
      found.push(...some);
      after = some.at(-1) ?? after;
    }
    assert.equal(found.length, 4);
    assert.equal(ids(found), ids(tasks));
  });

  test("first calls that succeeded are recorded as by the general way", async () => {
    const [read, ...unread] = await given(db, {}, { handedUntil: inMs(5_000) }, { handedUntil: inMs(5_000) });
    clock.advance(20);
    await record(outcome(read!, 1, "succeeded"));
    const results = await record(...unread.map((task) => success(task)));
    const model = await taskIn(db, read!.taskId);
    for (const [i, task] of unread.entries()) {
      const { taskId, handedUntil, createdAt } = task;
      assert.equal(await taskIn(db, taskId), { ...model, taskId, handedUntil, createdAt });
      assert.is((await attemptsIn(db, taskId)).length, 1);
      assert.is(results[i]?.written, true);
      assert.is(results[i]?.unread, kind.dialect === "mysql" ? true : undefined);
    }
  });

  test("the tasks come back where they are wanted", async () => {
    const [task] = await given(db, { handedUntil: inMs(5_000) });
    const [result] = await recordOutcomes(db, [success(task!)], clock, () => 0, true);
    assert.is(result?.task?.state, "succeeded");
  });

  test("a task that was canceled meanwhile, or is on record already, is judged by its row; the others too", async () => {
    const [good, canceled, recorded] = await given(
      db,
      { handedUntil: inMs(5_000) },
      { handedUntil: inMs(5_000) },
      { handedUntil: inMs(5_000) },
    );
    await changeTask(db, EVERYTHING, canceled!.taskId, clock.now(), (task) => cancel(task, clock.now()));
    await record(outcome(recorded!, 1, "failed"));
    const results = await record(success(good!), success(canceled!), success(recorded!));
    assert.equal(
      results.map(({ written }) => written),
      [true, true, false],
    );
    assert.is((await taskIn(db, good!.taskId)).state, "succeeded");
    const after = await taskIn(db, canceled!.taskId);
    assert.equal(
      [after.state, after.callCount],
      ["canceled", 1],
      "the call is on record, the decision stands",
    );
    assert.is((await taskIn(db, recorded!.taskId)).state, "pending");
  });

  test("a repeated report of successes changes nothing", async () => {
    const tasks = await given(db, { handedUntil: inMs(5_000) }, { handedUntil: inMs(5_000) });
    const outcomes = tasks.map((task) => success(task));
    await record(...outcomes);
    const before = await Promise.all(tasks.map(({ taskId }) => taskIn(db, taskId)));
    clock.advance(1_000);
    const again = await record(...outcomes);
    assert.equal(
      again.map(({ written }) => written),
      [false, false],
    );
    assert.equal(await Promise.all(tasks.map(({ taskId }) => taskIn(db, taskId))), before);
  });

  test("two outcomes of one task, and failures beside successes, are recorded in order", async () => {
    const [twice, good, bad] = await given(
      db,
      { handedUntil: inMs(5_000) },
      { handedUntil: inMs(5_000) },
      { handedUntil: inMs(5_000) },
    );
    const failed = { ...outcome(bad!, 1, "failed"), handed: true as const };
    const results = await record(success(twice!), success(good!), failed, success(twice!));
    assert.equal(
      results.map(({ written }) => written),
      [true, true, true, false],
    );
    assert.equal(
      await Promise.all([twice, good, bad].map(async (task) => (await taskIn(db, task!.taskId)).state)),
      ["succeeded", "succeeded", "pending"],
    );
  });

  test.run();
}
