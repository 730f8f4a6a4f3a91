// Rows that cannot be read, and values that the database refuses: each is isolated, all others go on.
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { millis } from "../../../core/clock.ts";
import { type TaskId, taskIdToBytes } from "../../../core/ids.ts";
import type { AttemptRecord } from "../../../core/outcome.ts";
import { taskView } from "../../../services/tasks/views.ts";
import { newTask } from "../../../store/accept.ts";
import { acceptEach } from "../../../store/accept-each.ts";
import type { Database } from "../../../store/database.ts";
import { listTasks } from "../../../store/list-tasks.ts";
import { findTasks } from "../../../store/read.ts";
import { recordOutcomes } from "../../../store/record.ts";
import { type Refusal, recordEach } from "../../../store/record-each.ts";
import { EVERYTHING } from "../../../store/scope.ts";
import { setAside, withoutState } from "../../../store/set-aside.ts";
import { thrown } from "../../core/helpers.ts";
import {
  assertCounted,
  attemptsIn,
  clock,
  closeDatabase,
  freshDatabase,
  given,
  type Kind,
  keyed,
  outcome,
  storedTask,
  taskIn,
} from "../fixtures.ts";

/** What may stand in a column after a repair by hand, a restore of another version, or a bad disk. */
const DAMAGE: [column: string, value: unknown][] = [
  ["retry", "{"],
  ["retry", "[]"],
  ["retry", '{"strategy":"whenever"}'],
  ["retry", '{"strategy":"fixed","delayMs":"soon"}'],
  ["request_param", '{"a":'],
  ["request_param", "[1]"],
  ["headers", "x: y"],
  ["headers", '{"x":{}}'],
  ["expect", '{"status":{}}'],
  ["expect", '{"json":{"$.a":}}'],
  ["state", 77],
  ["url", ""],
  ["request_method", "BREW"],
  ["timeout_ms", -1],
  ["call_count", -5],
  ["created_at", 9_000_000_000_000_000],
  ["expires_at", 9_000_000_000_000_000],
];

export function damage(kind: Kind): void {
  const test = suite(`${kind.name}: damage`);
  let db: Database;
  test.before(async () => {
    db = await freshDatabase(kind);
  });
  test.before.each(() => clock.advance(1000));
  test.after(() => closeDatabase(db));

  const hurt = (taskId: TaskId, column: string, value: unknown) =>
    db
      .knex("tasks")
      .where("task_id", taskIdToBytes(taskId))
      .update({ [column]: value });
  const alarmsOf = (taskId: TaskId) => db.knex("alarms").where("task_id", taskIdToBytes(taskId));

  for (const [column, value] of DAMAGE) {
    test(`${column} is ${JSON.stringify(value)}: shown, found, set aside; its line goes on`, async () => {
      const orderKey = `${column} ${value}`;
      const payload = { requestParam: '{"a":1}' as never, headers: { a: "b" }, expect: { status: "2xx" } };
      const [bad, next, other] = await given(db, { orderKey, ...payload }, { orderKey }, payload);
      await hurt(bad!.taskId, column, value);

      // Lists and batches that the row stands in work, and name what is wrong.
      const found = await findTasks(db, EVERYTHING, [bad!.taskId, other!.taskId]);
      assert.equal(
        new Map(found.map((task) => [task.taskId, task.corrupt])),
        new Map([
          [bad!.taskId, [column]],
          [other!.taskId, undefined],
        ]),
      );
      await listTasks(db, EVERYTHING, {}, 200, null);
      for (const task of found)
        for (const exact of [true, false]) JSON.stringify(taskView(task, false, exact));

      const { changes, released } = await setAside(db, [bad!.taskId, other!.taskId], clock.now());
      assert.equal(
        changes.map(({ after }) => after.taskId),
        [bad!.taskId],
      );
      assert.equal(
        released.map(({ taskId, nextCallAt }) => [taskId, nextCallAt !== null]),
        [[next!.taskId, true]],
      );
      const after = await taskIn(db, bad!.taskId);
      const lastError = { code: "corrupt", message: `its row cannot be read: ${column}` };
      assert.equal([after.state, after.nextCallAt, after.lastError], ["exhausted", null, lastError]);
      assert.is((await alarmsOf(bad!.taskId)).length, 1);
      assert.is((await taskIn(db, other!.taskId)).state, "pending");
      // The rest of the row is as it was, for anyone who repairs it.
      const [row] = await db.knex("tasks").where("task_id", taskIdToBytes(bad!.taskId));
      if (column !== "state") assert.equal(row[column], value);
      // A second scheduler comes too late.
      assert.equal((await setAside(db, [bad!.taskId], clock.now())).changes, []);
      await assertCounted(db);
    });
  }

  test("a task without a state is in no list by state; it is found all the same", async () => {
    const [low, high] = await given(db, {}, {});
    await hurt(low!.taskId, "state", -1);
    await hurt(high!.taskId, "state", 5);
    assert.equal(new Set(await withoutState(db, 10)), new Set([low!.taskId, high!.taskId]));
    await setAside(db, await withoutState(db, 10), clock.now());
    assert.equal(await withoutState(db, 10), []);
  });

  test("a call of a task whose row was damaged meanwhile is recorded, with those beside it", async () => {
    const [bad, good] = await given(db, {}, {});
    await hurt(bad!.taskId, "retry", "{");
    const both = [outcome(bad!, 1, "failed"), outcome(good!, 1, "failed")];
    const recorded = await recordOutcomes(db, both, clock, () => 0);
    assert.equal(
      recorded.map(({ written, task }) => [written, task?.state, task?.callCount]),
      [
        [true, "pending", 1],
        [true, "pending", 1],
      ],
    );
  });

  test("an attempt's headers cannot be read: they are null, the rest is there", async () => {
    const [task] = await given(db, {});
    await recordOutcomes(db, [outcome(task!, 1, "succeeded")], clock, () => 0);
    await db.knex("attempts").where("task_id", taskIdToBytes(task!.taskId)).update({ response_headers: "{" });
    const [attempt] = await attemptsIn(db, task!.taskId);
    assert.equal([attempt!.responseHeaders, attempt!.responseBody], [null, "answer"]);
  });

  test("one task of a batch is refused by the database: the others are committed, in order", async () => {
    const bad = () => ({ sourceIp: kind.dialect === "mysql" ? "f".repeat(60) : ({} as never) });
    const good = Array.from({ length: 20 }, () => storedTask());
    const items = good.map((task) => newTask(task, null));
    items.splice(7, 0, newTask(storedTask(bad()), null));
    items.splice(15, 0, keyed("refused", "same", bad()), keyed("taken"));
    const results = await acceptEach(db, items);
    assert.equal(
      results.flatMap(({ kind: became }, i) => (became === "created" ? [] : [[i, became]])),
      [
        [7, "refused"],
        [15, "refused"],
      ],
    );
    assert.is(
      (
        await findTasks(
          db,
          EVERYTHING,
          good.map(({ taskId }) => taskId),
        )
      ).length,
      20,
    );
    // Its idempotency key was not taken.
    const again = storedTask();
    assert.equal(await acceptEach(db, [keyed("refused", "same", again)]), [
      { kind: "created", taskId: again.taskId },
    ]);
  });

  test("where the database fails for another reason, a batch is not taken apart", async () => {
    let tries = 0;
    const commitInserts = async () => {
      tries += 1;
      throw Object.assign(new Error("no such thing"), { code: "ER_NO_SUCH_THING" });
    };
    const broken = { ...db, driver: { ...db.driver, commitInserts } };
    const items = [newTask(storedTask(), null), newTask(storedTask(), null)];
    assert.match(String(await thrown(() => acceptEach(broken, items))), "no such thing");
    assert.is(tries, 1);
  });

  /** What no column takes. */
  const REFUSED: [string, Partial<AttemptRecord>][] =
    kind.dialect === "mysql"
      ? [
          ["a node's name of 200 characters", { node: "n".repeat(200) }],
          ["a status of six digits", { statusCode: 123_456 }],
          ["no duration", { durationMs: null as never }],
          [
            "a code of 40 characters",
            { outcome: "failed", error: { code: "c".repeat(40) as never, message: "m" } },
          ],
        ]
      : [
          ["no duration", { durationMs: null as never }],
          ["a body that is none", { responseBody: {} as never }],
        ];
  for (const [what, more] of REFUSED) {
    test(`${what}: recorded without what is refused, the others as they are`, async () => {
      const tasks = await given(db, {}, {}, {}, {}, {});
      const refusals: Refusal[] = [];
      const outcomes = tasks.map((task, i) => outcome(task, 1, "succeeded", i === 2 ? more : {}));
      const results = await recordEach(
        db,
        outcomes,
        clock,
        () => 0,
        (refusal) => refusals.push(refusal),
      );
      assert.equal(
        results.map((one) => one?.written),
        [true, true, true, true, true],
      );
      assert.equal(
        refusals.map(({ outcome: { taskId }, reduced }) => [taskId, reduced]),
        [[tasks[2]!.taskId, true]],
      );
      for (const [i, task] of tasks.entries()) {
        const [attempt] = await attemptsIn(db, task.taskId);
        assert.is(attempt!.responseBody, i === 2 ? null : "answer");
        assert.is(attempt!.responseTruncated, i === 2);
      }
      await assertCounted(db);
    });
  }

  test("an attempt's record that its task knows nothing of, as after half a restore, is replaced", async () => {
    const [task, other] = await given(db, {}, {});
    await recordOutcomes(db, [outcome(task!, 1, "failed")], clock, () => 0);
    await hurt(task!.taskId, "call_count", 0);
    const both = [outcome(task!, 1, "succeeded"), outcome(other!, 1, "succeeded")];
    const results = await recordEach(
      db,
      both,
      clock,
      () => 0,
      () => undefined,
    );
    assert.equal(
      results.map((one) => one?.task?.state),
      ["succeeded", "succeeded"],
    );
    assert.is((await attemptsIn(db, task!.taskId)).length, 1);
  });

  test("an outcome that is refused in any form: told, and null", async () => {
    const [task, other] = await given(db, {}, {});
    const refusals: Refusal[] = [];
    const bad = outcome(task!, 1, "failed", { outcome: "failed", retryAfterMs: millis(1) });
    // A trigger stands for whatever a server's operator may have added.
    const id = taskIdToBytes(task!.taskId).toString("hex");
    await db.knex.raw(
      kind.dialect === "mysql"
        ? `CREATE TRIGGER refuse BEFORE INSERT ON attempts FOR EACH ROW
           SET NEW.n = IF(NEW.task_id = x'${id}', NULL, NEW.n)`
        : `CREATE TRIGGER refuse BEFORE INSERT ON attempts WHEN NEW.task_id = x'${id}'
           BEGIN SELECT RAISE(ABORT, 'not this one'); END`,
    );
    try {
      const results = await recordEach(
        db,
        [bad, outcome(other!, 1, "succeeded")],
        clock,
        () => 0,
        (refusal) => refusals.push(refusal),
      );
      assert.equal([results[0], results[1]?.written], [null, true]);
      assert.equal(
        refusals.map(({ reduced }) => reduced),
        [false],
      );
      const why = new Map([[task!.taskId, "its call 1 cannot be recorded: not this one"]]);
      const { changes } = await setAside(db, [task!.taskId], clock.now(), why);
      assert.equal(changes[0]?.after.lastError, { code: "corrupt", message: why.get(task!.taskId) });
    } finally {
      await db.knex.raw("DROP TRIGGER refuse");
    }
  });

  test.run();
}
