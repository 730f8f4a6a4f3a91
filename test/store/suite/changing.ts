import { suite } from "uvu";
import * as assert from "uvu/assert";
import { newTaskId, type TaskId } from "../../../core/ids.ts";
import { cancel, resolve, retryByHand } from "../../../core/task.ts";
import { changeTask } from "../../../store/change.ts";
import type { Database } from "../../../store/database.ts";
import { EVERYTHING } from "../../../store/scope.ts";
import { json, refusal } from "../../core/helpers.ts";
import { clock, closeDatabase, freshDatabase, given, inMs, type Kind, taskIn } from "../fixtures.ts";

export function changing(kind: Kind): void {
  const test = suite(`${kind.name}: change`);
  let db: Database;
  test.before(async () => {
    db = await freshDatabase(kind);
  });
  test.after(() => closeDatabase(db));

  test("the rule decides, and the row is what it says", async () => {
    const [task] = await given(db, { requestParam: json({ a: 1 }) });
    clock.advance(5);
    const now = clock.now();
    const { before, after } = await changeTask(db, EVERYTHING, task!.taskId, now, (it) => cancel(it, now));
    assert.equal(before, task!);
    assert.equal(after, { ...task!, state: "canceled", nextCallAt: null, finishedAt: now, updatedAt: now });
    assert.equal(await taskIn(db, task!.taskId), after);
  });

  test("a rule may take the expiry away", async () => {
    const [task] = await given(db, { expiresAt: inMs(1) });
    clock.advance(5);
    const now = clock.now();
    await changeTask(db, EVERYTHING, task!.taskId, now, (it) => retryByHand(it, false, false, clock));
    assert.is((await taskIn(db, task!.taskId)).expiresAt, null);
  });

  test("a rule that refuses changes nothing", async () => {
    const [task] = await given(db, {});
    const run = () => changeTask(db, EVERYTHING, task!.taskId, inMs(1), (it) => resolve(it, inMs(1)));
    assert.is((await refusal(run)).code, "state_conflict");
    assert.equal(await taskIn(db, task!.taskId), task!);
  });

  test("20 at once: each sees what the one before left", async () => {
    const [task] = await given(db, {});
    const results = await Promise.allSettled(
      Array.from({ length: 20 }, () =>
        changeTask(db, EVERYTHING, task!.taskId, clock.now(), (it) => cancel(it, clock.now())),
      ),
    );
    assert.is(results.filter(({ status }) => status === "fulfilled").length, 1);
    for (const result of results)
      if (result.status === "rejected") assert.is(result.reason.code, "state_conflict");

    const counted = await given(db, {});
    const { taskId } = counted[0]!;
    const add = () =>
      changeTask(db, EVERYTHING, taskId, clock.now(), (it) => ({ ...it, manualCalls: it.manualCalls + 1 }));
    await Promise.all(Array.from({ length: 20 }, add));
    assert.is((await taskIn(db, taskId)).manualCalls, 20);
  });

  test("what does not exist, or not for this app, is not found", async () => {
    const [task] = await given(db, { appId: 1 });
    const run = (appId: number | null, id: TaskId) => () =>
      changeTask(db, { appId }, id, clock.now(), (it) => cancel(it, clock.now()));
    assert.is((await refusal(run(2, task!.taskId))).code, "not_found");
    assert.is((await refusal(run(null, newTaskId()))).code, "not_found");
    assert.is((await taskIn(db, task!.taskId)).state, "pending");
    assert.is((await run(1, task!.taskId)()).after.state, "canceled");
  });

  test.run();
}
