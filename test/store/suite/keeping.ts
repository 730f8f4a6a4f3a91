import { suite } from "uvu";
import * as assert from "uvu/assert";
import { type EpochMs, epochMs } from "../../../core/clock.ts";
import { type TaskId, taskIdToBytes } from "../../../core/ids.ts";
import { retryByHand } from "../../../core/task.ts";
import { acceptTasks } from "../../../store/accept.ts";
import { changeTask } from "../../../store/change.ts";
import type { Database } from "../../../store/database.ts";
import { findTasks } from "../../../store/read.ts";
import { recordOutcomes } from "../../../store/record.ts";
import { type Position, pruneKeys, pruneLines, pruneTasks, type Step } from "../../../store/retention.ts";
import type { StoredTask } from "../../../store/rows.ts";
import { EVERYTHING } from "../../../store/scope.ts";
import {
  assertCounted,
  clock,
  closeDatabase,
  freshDatabase,
  given,
  type Kind,
  keyed,
  outcome,
  taskIn,
} from "../fixtures.ts";

export function keeping(kind: Kind): void {
  const test = suite(`${kind.name}: retention`);
  let db: Database;
  test.before.each(async () => {
    db = await freshDatabase(kind);
    clock.advance(1000);
  });
  test.after.each(() => closeDatabase(db));

  const count = async (table: string) => Number((await db.knex(table).count({ n: "*" }))[0]?.n);
  const ids = (tasks: StoredTask[]) => tasks.map(({ taskId }) => taskId);
  /** Tasks that succeeded now, with an attempt each. */
  async function finished(n: number, more: Partial<StoredTask> = {}): Promise<StoredTask[]> {
    const tasks = await given(db, ...Array.from({ length: n }, () => more));
    await recordOutcomes(
      db,
      tasks.map((task) => outcome(task, 1, "succeeded")),
      clock,
      () => 0,
    );
    return tasks;
  }
  const left = async (tasks: StoredTask[]): Promise<TaskId[]> => {
    const found = new Set((await findTasks(db, EVERYTHING, ids(tasks))).map(({ taskId }) => taskId));
    return ids(tasks).filter((id) => found.has(id));
  };
  /** Steps until the end. @returns how many went */
  async function all<P>(step: (after: P | null) => Promise<Step<P>>): Promise<number> {
    let pruned = 0;
    let steps = 0;
    for (let position: P | null = null; ; ) {
      const one: Step<P> = await step(position);
      pruned += one.pruned;
      position = one.next;
      assert.ok(++steps < 1000, "it comes to an end");
      if (position === null) return pruned;
    }
  }
  const prune = (cutoff: EpochMs, limit = 500) =>
    all<Position>((after) => pruneTasks(db, cutoff, after, limit, clock.now()));

  test("what finished before the cutoff goes, with its attempts; all else stays", async () => {
    const old = await finished(3);
    const open = await given(db, {}, {});
    const createdAt = clock.now();
    clock.advance(1000);
    const cutoff = clock.now();
    // Finished at that very moment, and created before it.
    const onTime = await finished(2, { createdAt });
    clock.advance(1000);
    const young = await finished(2);
    assert.is(await prune(cutoff), 3);
    assert.equal(await left(old), []);
    assert.equal(await left([...open, ...onTime, ...young]), ids([...open, ...onTime, ...young]));
    assert.is(await count("attempts"), 4);
    assert.is(await prune(cutoff), 0);
    await assertCounted(db);
  });

  for (const limit of [1, 3, 7, 20]) {
    test(`${limit} at a time, open ones between, many of one millisecond`, async () => {
      const open: StoredTask[] = [];
      for (let i = 0; i < 4; i++) {
        await finished(5);
        open.push(...(await given(db, {}, {})));
        if (i % 2 === 0) clock.advance(1);
      }
      clock.advance(1);
      assert.is(await prune(clock.now(), limit), 20);
      assert.is(await count("tasks"), open.length);
      assert.equal(await left(open), ids(open));
      assert.is(await count("attempts"), 0);
    });
  }

  test("several at once prune everything once", async () => {
    await finished(60);
    clock.advance(1);
    const pruned = await Promise.all(Array.from({ length: 4 }, () => prune(clock.now(), 10)));
    assert.is(
      pruned.reduce((sum, one) => sum + one, 0),
      60,
    );
    assert.equal([await count("tasks"), await count("attempts")], [0, 0]);
    await assertCounted(db);
  });

  test("sent again by hand while it is pruned: gone whole, or there whole", async () => {
    const tasks = await finished(40);
    clock.advance(1);
    const again = tasks.map(({ taskId }) =>
      changeTask(db, EVERYTHING, taskId, clock.now(), (it) => retryByHand(it, false, true, clock)).then(
        () => true,
        (error) => {
          assert.is(error.code, "not_found");
          return false;
        },
      ),
    );
    const [back] = await Promise.all([Promise.all(again), prune(clock.now(), 5)]);
    const kept = tasks.filter((_, i) => back[i]);
    assert.equal(await left(tasks), ids(kept));
    assert.is(await count("attempts"), kept.length);
  });

  test("idempotency keys go by age; a pruned key may be used anew", async () => {
    const old = ["a", "b", "c"].map((key) => keyed(key, "same", { appId: key === "c" ? 5 : 0 }));
    await acceptTasks(db, old);
    clock.advance(1000);
    await acceptTasks(db, [keyed("d")]);
    const cutoff = clock.now();
    assert.is(await all(() => pruneKeys(db, cutoff, 2)), 3);
    assert.is(await count("idempotency_keys"), 1);
    assert.is((await acceptTasks(db, [keyed("a", "other")]))[0]?.kind, "created");
    assert.is((await acceptTasks(db, [keyed("d")]))[0]?.kind, "repeated");
  });

  test("idle lines go; those with an open task and young ones stay; a line that comes again goes on in order", async () => {
    const [first] = await finished(1, { orderKey: "idle" });
    await given(db, { orderKey: "busy" });
    clock.advance(1000);
    const cutoff = clock.now();
    await finished(1, { orderKey: "young", createdAt: cutoff });
    assert.is(await all<Buffer>((after) => pruneLines(db, cutoff, after, 1)), 1);
    assert.is(await count("order_lines"), 2);
    const [second, third] = await given(db, { orderKey: "idle" }, { orderKey: "idle" });
    const seq = async (task: StoredTask | undefined) => (await taskIn(db, task!.taskId)).orderSeq as number;
    assert.ok((await seq(second)) > (await seq(first)));
    // The one from before comes back: it is held behind the head, and goes before what came later.
    await changeTask(db, EVERYTHING, first!.taskId, clock.now(), (it) => retryByHand(it, false, true, clock));
    const [result] = await recordOutcomes(db, [outcome(second!, 1, "succeeded")], clock, () => 0);
    assert.is(result?.released?.taskId, first!.taskId);
    assert.is((await taskIn(db, third!.taskId)).nextCallAt, null);
  });

  test("sent again by hand in a line that was pruned: it is its head", async () => {
    const [task] = await finished(1, { orderKey: "gone" });
    await all<Buffer>((after) => pruneLines(db, epochMs(clock.now() + 1000), after, 100));
    assert.is(await count("order_lines"), 0);
    const { after } = await changeTask(db, EVERYTHING, task!.taskId, clock.now(), (it) =>
      retryByHand(it, false, true, clock),
    );
    assert.is(after.nextCallAt, clock.now());
    const lines = await db.knex("order_lines");
    assert.equal(
      lines.map(({ head_id }) => head_id),
      [taskIdToBytes(task!.taskId)],
    );
  });

  test.run();
}
