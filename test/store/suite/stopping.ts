// Failures that end a task before its limit: what the rows, the alarms, the lines and the statistics say.
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { RetryPolicy } from "../../../core/retry.ts";
import { resolve, retryByHand } from "../../../core/task.ts";
import { changeTask } from "../../../store/change.ts";
import { changeTasks } from "../../../store/change-many.ts";
import type { Database } from "../../../store/database.ts";
import { recordOutcomes } from "../../../store/record.ts";
import { EVERYTHING } from "../../../store/scope.ts";
import {
  assertCounted,
  attemptsIn,
  clock,
  closeDatabase,
  freshDatabase,
  given,
  type Kind,
  outcome,
  taskIn,
} from "../fixtures.ts";

const GONE = {
  statusCode: 410,
  error: { code: "bad_status", message: "status 410, expected 2xx" },
} as const;
const STOPPED = {
  code: "stopped",
  message: "status 410 is in expect.stop; last: bad_status, status 410, expected 2xx",
} as const;

export function stopping(kind: Kind): void {
  const test = suite(`${kind.name}: stop`);
  let db: Database;
  test.before.each(async () => {
    clock.advance(1000);
    db = await freshDatabase(kind);
  });
  test.after.each(() => closeDatabase(db));

  const record = (...outcomes: ReturnType<typeof outcome>[]) => recordOutcomes(db, outcomes, clock, () => 0);
  const only = (on: RetryPolicy["on"]): RetryPolicy => ({ strategy: "fixed", delayMs: 1000, on });

  test("expect and retry decide, of each task its own, in one batch and one by one", async () => {
    for (const atOnce of [true, false]) {
      const tasks = await given(
        db,
        {},
        { expect: { stop: [] } },
        { expect: { stop: [404] } },
        { expect: { status: [200, 410] } },
        { expect: { stop: "4xx" }, retry: only(["4xx"]) },
        { expect: { stop: [] }, retry: only([503, "timeout"]) },
        { expect: { stop: [] }, retry: only(["bad_status"]) },
      );
      const outcomes = tasks.map((task) => outcome(task, 1, "failed", GONE));
      if (atOnce) await record(...outcomes);
      else for (const one of outcomes) await record(one);
      const rows = await Promise.all(tasks.map(({ taskId }) => taskIn(db, taskId)));
      assert.equal(
        rows.map(({ state, lastError }) => (state === "exhausted" ? lastError?.code : state)),
        ["stopped", "pending", "pending", "pending", "stopped", "stopped", "pending"],
      );
      assert.equal(rows[0]?.lastError, STOPPED);
      assert.match(
        rows[5]?.lastError?.message ?? "",
        /^status 410 \(bad_status\) is not in retry\.on; last: /,
      );
      // What was asked for is still there.
      assert.equal(
        rows.map(({ expect, retry }) => [expect, retry]),
        tasks.map(({ expect, retry }) => [expect, retry]),
      );
      const [attempt] = await attemptsIn(db, tasks[0]!.taskId);
      assert.equal([attempt?.statusCode, attempt?.error], [410, GONE.error]);
    }
    await assertCounted(db);
  });

  test("an alarm says it", async () => {
    const [task] = await given(db, { limitCallCount: 9 });
    await record(outcome(task!, 1, "failed", GONE));
    const alarms = await db.knex("alarms");
    assert.equal(
      alarms.map(({ kind: what, error_code }) => [what, error_code]),
      [["exhausted", "stopped"]],
    );
    const facts = JSON.parse(alarms[0].facts);
    assert.equal(
      [facts.lastError, facts.statusCode, facts.callCount, facts.limitCallCount],
      [`stopped: ${STOPPED.message}`, 410, 1, 9],
    );
  });

  test("a retry by hand calls it once more; resolving ends it; alone and many at once", async () => {
    const tasks = await given(db, {}, {}, {}, {});
    await record(...tasks.map((task) => outcome(task, 1, "failed", GONE)));
    const [one, two, three, four] = tasks.map(({ taskId }) => taskId);
    const now = clock.now();
    await changeTask(db, EVERYTHING, one!, now, (task) => retryByHand(task, false, false, clock));
    await changeTask(db, EVERYTHING, two!, now, (task) => resolve(task, now));
    await changeTasks(db, [three!], now, (task) => retryByHand(task, false, false, clock));
    await changeTasks(db, [four!], now, (task) => resolve(task, now));
    const states = async () =>
      (await Promise.all(tasks.map(({ taskId }) => taskIn(db, taskId)))).map(({ state }) => state);
    assert.equal(await states(), ["pending", "resolved", "pending", "resolved"]);
    await record(outcome(tasks[0]!, 2, "failed", GONE), outcome(tasks[2]!, 2, "succeeded"));
    assert.equal(await states(), ["exhausted", "resolved", "succeeded", "resolved"]);
    await assertCounted(db);
  });

  test("the next of its line goes", async () => {
    const [head, next] = await given(db, { orderKey: "line" }, { orderKey: "line" });
    assert.is((await taskIn(db, next!.taskId)).nextCallAt, null);
    const [result] = await record(outcome(head!, 1, "failed", GONE));
    assert.is(result?.released?.taskId, next!.taskId);
    assert.is((await taskIn(db, next!.taskId)).nextCallAt, clock.now());
  });

  test.run();
}
