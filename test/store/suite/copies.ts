// Copies that stand for their originals; and what previews count.
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { newTaskId, type TaskId, taskIdToBytes } from "../../../core/ids.ts";
import type { StoredState } from "../../../core/task.ts";
import { classesAmong, classesOf, type TaskClass } from "../../../store/classes.ts";
import type { Database } from "../../../store/database.ts";
import {
  adoptCopies,
  copiesOf,
  dueWishes,
  endWish,
  linkResend,
  originalOf,
  replacementsOf,
} from "../../../store/resends.ts";
import type { StoredTask } from "../../../store/rows.ts";
import { EVERYTHING } from "../../../store/scope.ts";
import { clock, closeDatabase, freshDatabase, given, type Kind } from "../fixtures.ts";

const by = {
  actor: { kind: "user", id: 1, name: "ann", role: "operator" } as const,
  sourceIp: null,
  requestPath: null,
  note: "moved",
};

export function copies(kind: Kind): void {
  const test = suite(`${kind.name}: copies`);
  let db: Database;
  test.before.each(async () => {
    db = await freshDatabase(kind);
  });
  test.after.each(() => closeDatabase(db));

  const task = async (state: StoredState, more: Partial<StoredTask> = {}): Promise<StoredTask> => {
    clock.advance(1);
    const ended = state === "pending" ? {} : { nextCallAt: null, finishedAt: clock.now() };
    return (await given(db, { state, ...ended, ...more }))[0]!;
  };
  const copy = async (of: StoredTask, state: StoredState, wish: typeof by | null = null) => {
    const made = await task(state);
    await linkResend(db, made.taskId, of.taskId, wish);
    return made;
  };
  const replaced = async (...tasks: StoredTask[]) => {
    const found = await replacementsOf(db, tasks);
    return tasks.map(({ taskId }) => found.get(taskId)?.state ?? null);
  };

  test("a copy that succeeded or is open stands for all that were made before it in its family", async () => {
    const alone = await task("exhausted");
    const original = await task("exhausted");
    assert.equal(await replaced(alone, original), [null, null]);
    const first = await copy(original, "exhausted");
    assert.equal(await replaced(original, first), [null, null], "a copy that failed stands for nothing");
    const second = await copy(first, "pending");
    assert.equal(await replaced(original, first, second), ["pending", "pending", null]);
    const third = await copy(original, "succeeded");
    assert.equal(await replaced(original, first, second, third), [
      "succeeded",
      "succeeded",
      "succeeded",
      null,
    ]);
    assert.is((await replacementsOf(db, [original])).get(original.taskId)?.taskId, third.taskId);
    assert.equal(await replaced(alone), [null]);
    assert.equal(await copiesOf(db, original.taskId), [third.taskId, first.taskId]);
  });

  test("copies that an earlier release made get to know their first original, however deep", async () => {
    const original = await task("exhausted");
    const first = await copy(original, "exhausted");
    const second = await copy(first, "exhausted");
    const last = await copy(second, "succeeded");
    await db.knex("task_resends").update({ root: null });
    // Made by this release meanwhile: it goes up to the first itself.
    const newest = await copy(last, "canceled");
    assert.equal(await replaced(original), [null]);
    assert.is(await adoptCopies(db, 2), true);
    assert.is(await adoptCopies(db, 2), true);
    assert.is(await adoptCopies(db, 2), false);
    assert.equal(await replaced(original, first, second, last, newest), [
      "succeeded",
      "succeeded",
      "succeeded",
      null,
      null,
    ]);
    const roots: Buffer[] = await db.knex("task_resends").pluck("root");
    for (const root of roots) assert.equal(Buffer.from(root), taskIdToBytes(original.taskId));
  });

  test("wishes are due once the copy has succeeded and the original has ended; each ends once", async () => {
    const original = await task("exhausted");
    const failed = await copy(original, "exhausted", by);
    const done = await copy(failed, "succeeded", by);
    await copy(await task("pending"), "succeeded", by);
    await copy(await task("exhausted"), "succeeded");
    const gone = await task("succeeded");
    await linkResend(db, gone.taskId, newTaskId(), by);
    const found: { copy: TaskId; originals: TaskId[] }[] = [];
    let after: TaskId | null = null;
    do {
      const { due, next } = await dueWishes(db, after, 2);
      for (const { by: whose, ...wish } of due) {
        assert.equal(whose, by);
        found.push(wish);
      }
      after = next;
    } while (after !== null);
    assert.equal(found, [
      { copy: done.taskId, originals: [failed.taskId, original.taskId] },
      { copy: gone.taskId, originals: [(await originalOf(db, gone.taskId))!.taskId] },
    ]);
    assert.is((await originalOf(db, done.taskId))?.resolves, true);
    assert.equal([await endWish(db, done.taskId), await endWish(db, done.taskId)], [true, false]);
    assert.is((await originalOf(db, done.taskId))?.resolves, false);
    assert.equal((await dueWishes(db, null)).due.length, 1);
  });

  const told = (classes: TaskClass[]): string[] =>
    classes
      .map(({ count, ...one }) => {
        const marks = Object.entries(one).flatMap(([name, value]) => (value === true ? name : []));
        return [count, one.state, ...marks, one.replaced].filter((part) => part !== null).join(" ");
      })
      .sort();

  test("tasks are counted by what a rule looks at, in stretches of any length, within a filter", async () => {
    await task("exhausted", { sourceAppName: "other" });
    const leased = await task("pending", { sourceAppName: "a" });
    await task("pending", { sourceAppName: "a" });
    await task("pending", { sourceAppName: "a", nextCallAt: null });
    for (let i = 0; i < 3; i++) await task("succeeded", { sourceAppName: "a" });
    await task("exhausted", { sourceAppName: "a" });
    await task("exhausted", { sourceAppName: "a", manualCalls: 1_000, callCount: 1_001 });
    const failed = await task("exhausted", { sourceAppName: "a" });
    const classes = async (more: object = {}) =>
      classesOf(db, EVERYTHING, { sourceAppName: "a", ...more }, [leased.taskId]);
    const expected = [
      "1 exhausted worn spent",
      "1 pending",
      "1 pending held",
      "1 pending leased",
      "2 exhausted",
      "3 succeeded",
    ];
    const all = await classes();
    assert.equal([told(all.classes), all.atLeast], [expected, false]);
    await copy(failed, "succeeded");
    const own = await classes({ states: ["exhausted", "succeeded"] });
    assert.equal(told(own.classes), [
      "1 exhausted",
      "1 exhausted succeeded",
      "1 exhausted worn spent",
      "3 succeeded",
    ]);
    const chosen = await classesAmong(db, EVERYTHING, [failed.taskId, leased.taskId, newTaskId()], []);
    assert.equal(told(chosen), ["1 exhausted succeeded", "1 pending"]);
    assert.equal(told(await classesAmong(db, { appId: 5 }, [failed.taskId], [])), []);
  });

  test("a long state is counted in stretches; what there is no time for is said", async () => {
    const many = Array.from({ length: 2_500 }, (_, i) => ({
      state: "exhausted" as const,
      nextCallAt: null,
      finishedAt: clock.now(),
      sourceAppName: i % 2 ? "odd" : "even",
    }));
    await given(db, ...many);
    const all = await classesOf(db, EVERYTHING, { sourceAppName: "odd" }, []);
    assert.equal([told(all.classes), all.atLeast], [["1250 exhausted"], false]);
    // A copy must not make it a search through all tasks for each of them: that would take half a minute.
    const [first, second] = await given(
      db,
      { state: "exhausted", nextCallAt: null, finishedAt: clock.now() },
      {},
    );
    await linkResend(db, second!.taskId, first!.taskId, null);
    const copied = await classesOf(db, EVERYTHING, { states: ["exhausted"] }, []);
    assert.equal([told(copied.classes), copied.atLeast], [["1 exhausted pending", "2500 exhausted"], false]);
    const none = await classesOf(db, EVERYTHING, {}, [], 0);
    assert.equal(none, { classes: [], atLeast: true });
  });

  test.run();
}
