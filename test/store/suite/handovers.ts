import { suite } from "uvu";
import * as assert from "uvu/assert";
import { ALARM_APP_ID } from "../../../core/alarm/alarm.ts";
import { cancel } from "../../../core/task.ts";
import { changeTask } from "../../../store/change.ts";
import type { Database } from "../../../store/database.ts";
import { findEndedHandovers, findHanded, isHanded } from "../../../store/handovers.ts";
import { recordOutcomes } from "../../../store/record.ts";
import type { StoredTask } from "../../../store/rows.ts";
import { EVERYTHING } from "../../../store/scope.ts";
import { scanWaiting } from "../../../store/waiting.ts";
import {
  assertCounted,
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

/** Tasks whose row is the lease of their first call: how they are found. And calls that succeeded, recorded without a look at their rows. */
export function handovers(kind: Kind): void {
  const test = suite(`${kind.name}: handovers`);
  let db: Database;
  test.before.each(async () => {
    db = await freshDatabase(kind);
    clock.advance(60_000);
  });
  test.after.each(() => closeDatabase(db));

  const success = (task: StoredTask, n = 1) => ({
    ...outcome(task, n, "succeeded"),
    target: "http://target.example",
  });
  const isUnread = kind.dialect === "mysql" ? true : undefined;
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

  test("calls that succeeded are recorded as by the general way, first ones and later ones together", async () => {
    const [first, later] = [{}, { callCount: 2, manualCalls: 1 }];
    const models = await given(db, first, later);
    const tasks = await given(db, first, later, { ...first, handedUntil: inMs(5_000) }, later, first);
    clock.advance(20);
    const nOf = ({ callCount }: StoredTask) => callCount + 1;
    await record(...models.map((task) => outcome(task, nOf(task), "succeeded")));
    const results = await record(...tasks.map((task) => success(task, nOf(task))));
    for (const [i, task] of tasks.entries()) {
      const { taskId, handedUntil } = task;
      const model = models.find(({ callCount }) => callCount === task.callCount) as StoredTask;
      assert.equal(await taskIn(db, taskId), { ...(await taskIn(db, model.taskId)), taskId, handedUntil });
      assert.equal(
        (await attemptsIn(db, taskId)).map(({ n }) => n),
        [nOf(task)],
      );
      assert.equal([results[i]?.written, results[i]?.unread], [true, isUnread]);
    }
    await assertCounted(db);
  });

  test("each attempt's number is its own fence, also beside others", async () => {
    const [first, third] = await given(db, {}, { callCount: 2 });
    const results = await record(success(first!, 1), success(third!, 2));
    assert.equal(
      results.map(({ written, unread }) => [written, unread]),
      [
        [true, undefined],
        [false, undefined],
      ],
      "the rows were read",
    );
    assert.is((await taskIn(db, third!.taskId)).state, "pending");
    const [again] = await record(success(third!, 3));
    assert.equal([again?.written, again?.unread], [true, isUnread]);
  });

  test("what the end of a task sets going is not passed over: its line, and its channel", async () => {
    const [head, next] = await given(db, { orderKey: "k" }, { orderKey: "k" });
    const [alarm] = await given(db, { appId: ALARM_APP_ID });
    const [ofLine, ofChannel] = await record(success(head!), success(alarm!));
    assert.equal([ofLine?.unread, ofLine?.released?.taskId], [undefined, next!.taskId]);
    assert.is(ofChannel?.task?.state, "succeeded", "its row was read");
    // An outcome that does not know what its task is.
    const [second] = await given(db, { appId: ALARM_APP_ID });
    const [unaware] = await record({ ...success(second!), app: 7 });
    assert.is(unaware?.task?.state, "succeeded");
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

  test("a later call of a task that was canceled meanwhile is judged by its row", async () => {
    const [canceled] = await given(db, { callCount: 1 });
    await changeTask(db, EVERYTHING, canceled!.taskId, clock.now(), (task) => cancel(task, clock.now()));
    const [result] = await record(success(canceled!, 2));
    assert.equal([result?.written, result?.unread], [true, undefined]);
    const after = await taskIn(db, canceled!.taskId);
    assert.equal([after.state, after.callCount], ["canceled", 2]);
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
