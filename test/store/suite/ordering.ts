import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { TaskId } from "../../../core/ids.ts";
import type { Outcome } from "../../../core/job.ts";
import { cancel, isHeld, resolve, retryByHand } from "../../../core/task.ts";
import { acceptTasks, newTask } from "../../../store/accept.ts";
import { changeTask } from "../../../store/change.ts";
import type { Database } from "../../../store/database.ts";
import { holderOf } from "../../../store/lines.ts";
import { recordOutcomes } from "../../../store/record.ts";
import type { LockedTask, StoredTask } from "../../../store/rows.ts";
import { EVERYTHING } from "../../../store/scope.ts";
import { scanWaiting } from "../../../store/waiting.ts";
import { refusal, seeded } from "../../core/helpers.ts";
import {
  clock,
  closeDatabase,
  freshDatabase,
  given,
  inMs,
  type Kind,
  keyed,
  locked,
  outcome,
  storedTask,
  taskIn,
} from "../fixtures.ts";

export function ordering(kind: Kind): void {
  const test = suite(`${kind.name}: order`);
  let db: Database;
  let keys = 0;
  test.before(async () => {
    db = await freshDatabase(kind);
  });
  test.before.each(() => clock.advance(1000));
  test.after(() => closeDatabase(db));

  const record = (...outcomes: Outcome[]) => recordOutcomes(db, outcomes, clock, () => 0);
  const change = (taskId: TaskId, rule: Parameters<typeof changeTask>[4]) =>
    changeTask(db, EVERYTHING, taskId, clock.now(), rule);
  const cancelOne = (taskId: TaskId) => change(taskId, (it) => cancel(it, clock.now()));
  const retryOne = (taskId: TaskId) => change(taskId, (it) => retryByHand(it, false, true, clock));
  /** Tasks of a line of their own, in this order. */
  async function line(...tasks: Partial<StoredTask>[]): Promise<StoredTask[]> {
    const orderKey = `line-${++keys}`;
    const stored = await given(db, ...tasks.map((task) => ({ orderKey, ...task })));
    return Promise.all(stored.map(({ taskId }) => taskIn(db, taskId)));
  }
  /** Which of these is to be called, by index; the others are held or have ended. */
  async function heads(tasks: StoredTask[]): Promise<number[]> {
    const now = await Promise.all(tasks.map(({ taskId }) => taskIn(db, taskId)));
    return now.flatMap(({ nextCallAt }, i) => (nextCallAt === null ? [] : [i]));
  }
  const idOf = (task: LockedTask | null | undefined) => task?.taskId;

  test("the first of a batch is called, the others are held, in the order of the batch", async () => {
    const tasks = await line({}, {}, {});
    assert.equal(tasks.map(isHeld), [false, true, true]);
    const seqs = tasks.map(({ orderSeq }) => orderSeq as number);
    assert.equal(seqs, [seqs[0], seqs[0]! + 1, seqs[0]! + 2]);
    assert.is(await holderOf(db, tasks[2]!), tasks[0]!.taskId);
    assert.is(await holderOf(db, tasks[0]!), null);
    const due = await scanWaiting(db, inMs(1), null, 1000);
    const ids = due.map(({ taskId }) => taskId);
    assert.equal(
      tasks.map(({ taskId }) => ids.includes(taskId)),
      [true, false, false],
    );
  });

  test("accepting says who is held; other keys, other apps and no key are not affected", async () => {
    await line({});
    const orderKey = `line-${keys}`;
    const some = [{ orderKey }, { orderKey, appId: 5 }, { orderKey: `${orderKey} ` }, {}].map(storedTask);
    const results = await acceptTasks(
      db,
      some.map((task) => newTask(task, null)),
    );
    assert.equal(
      results.map((result) => result.kind === "created" && Boolean(result.held)),
      [true, false, false, false],
    );
    assert.is((await taskIn(db, some[3]!.taskId)).orderSeq, null);
  });

  const ENDS: [name: string, end: (task: StoredTask) => Promise<LockedTask | null>][] = [
    ["success", async (task) => (await record(outcome(task, 1, "succeeded")))[0]!.released],
    ["its last failure", async (task) => (await record(outcome(task, 1, "failed")))[0]!.released],
    ["its expiry", async (task) => (await record(outcome(task, 1, null)))[0]!.released],
    ["a cancellation", async ({ taskId }) => (await cancelOne(taskId)).released],
  ];
  for (const [name, end] of ENDS) {
    test(`${name} of the head lets exactly the next go`, async () => {
      const tasks = await line({ limitCallCount: 1 }, {}, {});
      clock.advance(10);
      const released = await end(tasks[0]!);
      assert.equal(released, locked(await taskIn(db, tasks[1]!.taskId)));
      assert.is(released?.nextCallAt, clock.now());
      assert.equal(await heads(tasks), [1]);
      assert.is(await holderOf(db, tasks[2]!), tasks[1]!.taskId);
    });
  }

  test("a failure that is retried lets nobody go; resolving what has ended changes nothing", async () => {
    const tasks = await line({ limitCallCount: 2 }, {}, {});
    assert.is((await record(outcome(tasks[0]!, 1, "failed")))[0]!.released, null);
    assert.equal(await heads(tasks), [0]);
    assert.is(idOf((await record(outcome(tasks[0]!, 2, "failed")))[0]!.released), tasks[1]!.taskId);
    assert.is((await change(tasks[0]!.taskId, (it) => resolve(it, clock.now()))).released, null);
    assert.equal(await heads(tasks), [1]);
  });

  test("one that waits keeps its own time; it holds back those behind it", async () => {
    const tasks = await line({}, { nextCallAt: inMs(60_000) }, {});
    const [result] = await record(outcome(tasks[0]!, 1, "succeeded"));
    assert.is(result?.released?.nextCallAt, inMs(60_000));
    assert.equal(await heads(tasks), [1]);
  });

  test("a line of 20 empties one by one; when it is idle the next one accepted is head again", async () => {
    const tasks = await line(...Array.from({ length: 20 }, () => ({})));
    for (const [i, task] of tasks.entries()) {
      const [result] = await record(outcome(task, 1, "succeeded"));
      assert.is(idOf(result?.released), tasks[i + 1]?.taskId);
    }
    const [again] = await given(db, { orderKey: tasks[0]!.orderKey });
    assert.is(isHeld(await taskIn(db, again!.taskId)), false);
    assert.is(Number((await db.knex("order_waiting").count({ n: "*" }))[0]?.n) >= 0, true);
  });

  test("a stale record releases nobody a second time", async () => {
    const tasks = await line({}, {}, {});
    await record(outcome(tasks[0]!, 1, "succeeded"));
    const [late] = await record(outcome(tasks[0]!, 1, "succeeded"));
    assert.equal([late?.written, late?.released], [false, null]);
    assert.equal(await heads(tasks), [1]);
  });

  test("canceled during its call: the next goes at once, the late record lets nobody go", async () => {
    const tasks = await line({}, {}, {});
    assert.is(idOf((await cancelOne(tasks[0]!.taskId)).released), tasks[1]!.taskId);
    const [late] = await record(outcome(tasks[0]!, 1, "succeeded"));
    assert.equal([late?.written, late?.released], [true, null]);
    assert.equal(await heads(tasks), [1]);
  });

  test("a held one can be canceled: it is left out", async () => {
    const tasks = await line({}, {}, {});
    assert.is((await cancelOne(tasks[1]!.taskId)).released, null);
    const [result] = await record(outcome(tasks[0]!, 1, "succeeded"));
    assert.is(idOf(result?.released), tasks[2]!.taskId);
  });

  test("retry by hand: refused for a held one; an ended one takes its place by its number", async () => {
    const tasks = await line({}, {}, {}, {});
    const held = await refusal(() => retryOne(tasks[1]!.taskId));
    assert.is(held.code, "state_conflict");
    assert.match(held.message, /orderKey/);
    await record(outcome(tasks[0]!, 1, "succeeded"));
    await record(outcome(tasks[1]!, 1, "succeeded"));
    // The third is head. Two that had ended come back, the later one first: they go before the fourth, in their order.
    assert.is(isHeld((await retryOne(tasks[1]!.taskId)).after), true);
    assert.is(isHeld((await retryOne(tasks[0]!.taskId)).after), true);
    assert.equal(await heads(tasks), [2]);
    const turns: (TaskId | undefined)[] = [];
    for (const [i, n] of [
      [2, 1],
      [0, 2],
      [1, 2],
    ] as const) {
      turns.push(idOf((await record(outcome(tasks[i]!, n, "succeeded")))[0]!.released));
    }
    assert.equal(
      turns,
      [0, 1, 3].map((i) => tasks[i]!.taskId),
    );
  });

  test("retry by hand in an idle line: it is head", async () => {
    const tasks = await line({}, {});
    for (const task of tasks) await record(outcome(task, 1, "succeeded"));
    const { after } = await retryOne(tasks[0]!.taskId);
    assert.is(after.nextCallAt, clock.now());
    const [behind] = await given(db, { orderKey: tasks[0]!.orderKey });
    assert.is(isHeld(await taskIn(db, behind!.taskId)), true);
    assert.is(idOf((await record(outcome(after, 2, "succeeded")))[0]!.released), behind!.taskId);
  });

  test("a late failure of a task that came back and is held: it stays held, with its pause", async () => {
    const tasks = await line({ limitCallCount: 5 }, {});
    await cancelOne(tasks[0]!.taskId);
    await retryOne(tasks[0]!.taskId);
    const [late] = await record(outcome(tasks[0]!, 1, "failed"));
    assert.equal([late?.written, late?.task?.nextCallAt], [true, null]);
    const pause = inMs(1000);
    assert.equal(await heads(tasks), [1]);
    const [result] = await record(outcome(tasks[1]!, 1, "succeeded"));
    assert.equal([idOf(result?.released), result?.released?.nextCallAt], [tasks[0]!.taskId, pause]);
  });

  test("a late success of a task that came back and is held: it leaves its line", async () => {
    const tasks = await line({}, {}, {});
    await cancelOne(tasks[0]!.taskId);
    await retryOne(tasks[0]!.taskId);
    const [late] = await record(outcome(tasks[0]!, 1, "succeeded"));
    assert.equal([late?.task?.state, late?.released], ["succeeded", null]);
    assert.is(idOf((await record(outcome(tasks[1]!, 1, "succeeded")))[0]!.released), tasks[2]!.taskId);
  });

  test("the record of two heads of one line in a batch: canceled in its call, and the one after it", async () => {
    const tasks = await line({}, {}, {});
    await cancelOne(tasks[0]!.taskId);
    const results = await record(outcome(tasks[0]!, 1, "failed"), outcome(tasks[1]!, 1, "succeeded"));
    assert.equal(
      results.map(({ released }) => idOf(released)),
      [undefined, tasks[2]!.taskId],
    );
  });

  test("rows deleted by hand stop no line", async () => {
    const tasks = await line({}, {}, {}, {});
    const gone = [tasks[1]!, tasks[2]!].map(({ taskId }) => Buffer.from(taskId.replaceAll("-", ""), "hex"));
    await db.knex("tasks").whereIn("task_id", gone).delete();
    assert.is(idOf((await record(outcome(tasks[0]!, 1, "succeeded")))[0]!.released), tasks[3]!.taskId);
  });

  test("with idempotency keys: a repetition takes no place", async () => {
    const orderKey = `line-${++keys}`;
    const all = ["a", "a", "b", "a"].map((key) => keyed(`${orderKey}-${key}`, "same", { orderKey }));
    const results = await acceptTasks(db, all);
    assert.equal(
      results.map((result) => [result.kind, "held" in result && result.held]),
      [
        ["created", false],
        ["repeated", false],
        ["created", true],
        ["repeated", false],
      ],
    );
    assert.is(idOf((await record(outcome(all[0]!.task, 1, "succeeded")))[0]!.released), all[2]!.task.taskId);
  });

  test("a batch that fails leaves its lines as they were", async () => {
    const orderKey = `line-${++keys}`;
    const broken = [storedTask({ orderKey }), storedTask({ url: null as never })];
    await acceptTasks(
      db,
      broken.map((task) => newTask(task, null)),
    ).then(
      () => assert.unreachable(),
      () => undefined,
    );
    const [first] = await given(db, { orderKey });
    assert.is(isHeld(await taskIn(db, first!.taskId)), false);
  });

  test("many at once: accepts, records and cancellations in opposite orders; one head per line, all end", async () => {
    const random = seeded(7);
    const LINES = Array.from({ length: 6 }, () => `line-${++keys}`);
    const order = new Map<string, TaskId[]>(LINES.map((key) => [key, []]));
    const ready: LockedTask[] = [];
    const accepted = new Set<TaskId>();
    const accept = async () => {
      const tasks = LINES.toSorted(() => random() - 0.5).map((orderKey) => storedTask({ orderKey }));
      const results = await acceptTasks(
        db,
        tasks.map((task) => newTask(task, null)),
      );
      for (const [i, task] of tasks.entries()) {
        accepted.add(task.taskId);
        const result = results[i]!;
        if (result.kind === "created" && !result.held) ready.push(task);
      }
    };
    const end = (taskId: TaskId, orderKey: string | null, released: LockedTask | null) => {
      order.get(orderKey as string)!.push(taskId);
      if (released) ready.push(released);
    };
    const work = async () => {
      const some = ready.splice(0).toSorted(() => random() - 0.5);
      if (some.length === 0) return;
      const results = await record(...some.map((task) => outcome(task, 1, "succeeded")));
      for (const { task, released } of results) end(task!.taskId, task!.orderKey, released);
    };
    await Promise.all(Array.from({ length: 12 }, accept));
    const rounds = Array.from({ length: 12 }, async () => {
      await accept();
      await work();
      const [victim] = [...accepted].toSorted(() => random() - 0.5);
      const canceled = await cancelOne(victim!).catch(() => null);
      // Of a head that a record is under way for, either comes first; both are an end.
      if (canceled) end(victim!, canceled.before.orderKey, canceled.released);
      await work();
    });
    await Promise.all(rounds);
    while (ready.length > 0) await work();
    const tasks = await Promise.all([...accepted].map((id) => taskIn(db, id)));
    assert.equal(
      tasks.filter(({ state }) => state === "pending"),
      [],
    );
    const lines = await db
      .knex("order_lines")
      .whereNotNull("head_id")
      .whereIn(
        "head_id",
        [...accepted].map((id) => Buffer.from(id.replaceAll("-", ""), "hex")),
      );
    assert.equal(lines, []);
    // A task that was delivered was delivered in its turn: by number, apart from what was canceled.
    for (const key of LINES) {
      const delivered = order
        .get(key)!
        .flatMap((id) => tasks.find((task) => task.taskId === id && task.state === "succeeded") ?? []);
      const seqs = delivered.map(({ orderSeq }) => orderSeq as number);
      assert.equal(
        seqs,
        seqs.toSorted((a, b) => a - b),
        key,
      );
    }
  });

  test.run();
}
