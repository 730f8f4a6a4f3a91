// Finding tasks by what came of them, by what was called, and by keys; and the views that people save of it.
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { laneOf, type TaskId } from "../../../core/ids.ts";
import type { CallErrorCode } from "../../../core/outcome.ts";
import { acceptTasks } from "../../../store/accept.ts";
import { countMatching, searchMatching } from "../../../store/change-many.ts";
import type { Database } from "../../../store/database.ts";
import { listTasks } from "../../../store/list-tasks.ts";
import type { TaskFilter } from "../../../store/read.ts";
import { recordOutcomes } from "../../../store/record.ts";
import { pruneTasks } from "../../../store/retention.ts";
import type { StoredTask } from "../../../store/rows.ts";
import { addView, listViews, lockView, removeView, writeView } from "../../../store/saved-views.ts";
import { EVERYTHING } from "../../../store/scope.ts";
import {
  keysLike,
  namesOfLate,
  tasksByIdempotencyKey,
  tasksByIdParts,
  tasksByKey,
} from "../../../store/search-tasks.ts";
import { refusal } from "../../core/helpers.ts";
import {
  clock,
  closeDatabase,
  freshDatabase,
  given,
  idempotency,
  inMs,
  type Kind,
  keyed,
  outcome,
  storedTask,
} from "../fixtures.ts";

export function finding(kind: Kind): void {
  const test = suite(`${kind.name}: finding`);
  let db: Database;
  test.before(async () => {
    db = await freshDatabase(kind);
  });
  test.before.each(async () => {
    await db.knex("tasks").delete();
    clock.advance(1_000);
  });
  test.after(() => closeDatabase(db));

  const ids = (tasks: { taskId: TaskId }[]) => tasks.map(({ taskId }) => taskId);
  const found = async (filter: TaskFilter) => ids((await listTasks(db, EVERYTHING, filter, 50, null)).items);
  /** Found by a list, by a count and by a job's search alike, newest first. */
  const finds = async (filter: TaskFilter, ...tasks: (StoredTask | undefined)[]) => {
    const wanted = tasks.map((task) => task?.taskId);
    assert.equal(await found(filter), wanted, JSON.stringify(filter));
    assert.is(await countMatching(db, EVERYTHING, filter), wanted.length);
    const { found: some } = await searchMatching(db, EVERYTHING, filter, null, 50, 1_000);
    assert.equal(ids(some), wanted.toReversed());
  };
  /** Tasks that came one after another, so lists have one order. */
  const made = async (...tasks: Partial<StoredTask>[]): Promise<StoredTask[]> => {
    const all: StoredTask[] = [];
    for (const task of tasks) {
      clock.advance(1);
      all.push(...(await given(db, task)));
    }
    return all;
  };
  const fail = (task: StoredTask | undefined, n: number, statusCode: number | null, code: CallErrorCode) =>
    recordOutcomes(
      db,
      [outcome(task as StoredTask, n, "failed", { statusCode, error: { code, message: "no" } })],
      clock,
      () => 0,
    );

  test("by the last error and by the last answer, whichever call that was", async () => {
    const once = { limitCallCount: 1 };
    const [refused, wrong, twice, done] = await made(once, once, { limitCallCount: 5 }, {});
    await fail(refused, 1, null, "refused");
    await fail(wrong, 1, 503, "bad_status");
    await fail(twice, 1, 503, "bad_status");
    await fail(twice, 2, 429, "bad_status");
    await recordOutcomes(db, [outcome(done as StoredTask, 1, "succeeded")], clock, () => 0);
    await finds({ errorCodes: ["refused"] }, refused);
    await finds({ errorCodes: ["refused", "bad_status"] }, twice, wrong, refused);
    await finds({ errorCodes: [] });
    await finds({ statuses: [[503, 503]] }, wrong);
    await finds({ statuses: [[400, 499]] }, twice);
    await finds(
      {
        statuses: [
          [200, 299],
          [500, 599],
        ],
      },
      done,
      wrong,
    );
    await finds({ statuses: [] });
    await finds({ states: ["exhausted"], errorCodes: ["bad_status"], statuses: [[500, 599]] }, wrong);
  });

  test("by app, destination and when they ended; what has not ended has no such time", async () => {
    const lane = laneOf("https://b.example");
    const [a, b, open] = await made({ appId: 7 }, { appId: 8, lane }, { appId: 7 });
    await recordOutcomes(db, [outcome(a as StoredTask, 1, "succeeded")], clock, () => 0);
    clock.advance(10);
    const between = clock.now();
    await recordOutcomes(db, [outcome(b as StoredTask, 1, "succeeded")], clock, () => 0);
    await finds({ appIds: [7] }, open, a);
    await finds({ appIds: [] });
    await finds({ lane, appIds: [7, 8] }, b);
    await finds({ finishedFrom: between }, b);
    await finds({ finishedTo: between }, a);
    await finds({ finishedFrom: between + 1 });
  });

  test("by the URL that is called: the template finds only what is called as it stands", async () => {
    const [filled, plain] = await made(
      { url: "https://a.example/orders/{id}", calledUrl: "https://a.example/orders/4711" },
      { url: "https://a.example/orders/4712" },
    );
    await finds({ url: "/orders/4711" }, filled);
    await finds({ url: "ORDERS/47" }, plain, filled);
    await finds({ url: "{id}" });
  });

  test("by order key and business key, with and without more; pages go on where they ended", async () => {
    const some = Array.from({ length: 5 }, () => ({ orderKey: "4711", businessKey: "A-1" }));
    const tasks = await made(...some, { businessKey: "A-1" }, { businessKey: "a-1" }, { orderKey: "4711 " });
    const [first] = tasks as [StoredTask];
    await recordOutcomes(db, [outcome(first, 1, "succeeded")], clock, () => 0);
    const ordered = tasks.slice(0, 5).toReversed();
    await finds({ orderKey: "4711" }, ...ordered);
    await finds({ businessKey: "A-1" }, tasks[5], ...ordered);
    await finds({ businessKey: "A-1", orderKey: "4711", states: ["succeeded", "exhausted"] }, first);
    await finds({ orderKey: "4711", url: "nowhere" });
    const seen: TaskId[] = [];
    let cursor: string | null = null;
    do {
      const page = await listTasks(db, EVERYTHING, { orderKey: "4711" }, 2, cursor);
      seen.push(...ids(page.items));
      cursor = page.nextCursor;
    } while (cursor !== null);
    assert.equal(seen, ids(ordered));
    // Open ones, by when they are due.
    const due = await listTasks(db, EVERYTHING, { orderKey: "4711" }, 50, null, "due");
    assert.ok(due.items.every(({ orderKey, state }) => orderKey === "4711" && state === "pending"));
  });

  test("an index finds keys, and no other task is read for them", async () => {
    await made(...Array.from({ length: 50 }, (_, i) => ({ orderKey: `o-${i}`, businessKey: `b-${i}` })));
    const cases: [column: string, filter: TaskFilter][] = [
      ["order_key", { orderKey: "o-7" }],
      ["business_key", { businessKey: "b-7", states: ["pending"] }],
    ];
    for (const [column, filter] of cases) {
      const plans = await plansOf(() => listTasks(db, EVERYTHING, filter, 50, null));
      assert.ok(plans.length > 0);
      for (const plan of plans) {
        assert.match(plan, `tasks_${column}`);
        assert.not.match(plan, /TEMP B-TREE|filesort/);
      }
    }
  });

  test("by parts of an id: all of it, its beginning, its end, or both as lists show them", async () => {
    const [a, b] = await made({}, {});
    const id = (a as StoredTask).taskId;
    const hex = id.replaceAll("-", "");
    const by = async (begins: string, ends: string) =>
      ids((await tasksByIdParts(db, [{ begins, ends }], 5)).tasks);
    assert.equal(await by(hex, ""), [id]);
    assert.equal(await by(hex.slice(0, 8), hex.slice(-6)), [id]);
    assert.equal(await by("", hex.slice(-7)), [id]);
    assert.equal((await by(hex.slice(0, 6), "")).sort(), ids([a as StoredTask, b as StoredTask]).sort());
    assert.equal(await by(hex.slice(0, 8), "0".repeat(24)), []);
    assert.is((await tasksByIdParts(db, [{ begins: "", ends: hex.slice(-7) }], 5)).complete, true);
    assert.equal(await tasksByIdParts(db, [], 5), { tasks: [], complete: true });
  });

  test("by keys: what is one stands before what begins so; different keys are suggested once", async () => {
    const keys = ["47", "4711", "4711", "47110", "4712", "5", "%47", "47_1", "48"];
    const tasks = await made(...keys.map((orderKey) => ({ orderKey })));
    const by = async (key: string, limit = 9) => {
      const { tasks: some, complete } = await tasksByKey(db, "order_key", key, limit);
      return [some.map(({ orderKey }) => orderKey), complete];
    };
    assert.equal(await by("4711"), [["4711", "4711", "47110"], true]);
    assert.equal(ids((await tasksByKey(db, "order_key", "4711", 2)).tasks), ids([tasks[2]!, tasks[1]!]));
    assert.equal(await by("4711", 2), [["4711", "4711"], false]);
    assert.equal(await by("47", 3), [["47", "4711", "4711"], false]);
    assert.equal(await by("%"), [["%47"], true]);
    assert.equal(await by("nothing"), [[], true]);
    assert.equal(await keysLike(db, "order_key", "47", 9), ["47", "4711", "47110", "4712", "47_1"]);
    assert.equal(await keysLike(db, "order_key", "", 2), ["%47", "47"]);
    assert.equal(await keysLike(db, "business_key", "", 2), []);
  });

  test("by idempotency key, of whatever app; names of apps that tasks give", async () => {
    const { keyHash } = idempotency("once");
    const [own, other] = [keyed("once"), keyed("other")];
    await acceptTasks(db, [own, other]);
    const { tasks } = await tasksByIdempotencyKey(db, [keyHash], 5);
    assert.equal(ids(tasks), [own.task.taskId]);
    await given(db, { sourceAppName: "shop" }, { sourceAppName: "shop" }, { sourceAppName: "erp" });
    assert.equal(await namesOfLate(db, "source_app_name"), ["erp", "shop"]);
    assert.equal(await namesOfLate(db, "target_app_name"), []);
  });

  test("what is found goes with the task", async () => {
    const [task] = await made({ businessKey: "gone", orderKey: "gone" });
    await recordOutcomes(db, [outcome(task as StoredTask, 1, "succeeded")], clock, () => 0);
    await pruneTasks(db, inMs(1), null, 10, clock.now());
    assert.equal(await found({ businessKey: "gone" }), []);
    assert.equal(await keysLike(db, "order_key", "gone", 5), []);
  });

  test("a stored task has what it is found by; one that has nothing takes no room in an index of keys", async () => {
    const full = { calledUrl: "https://a.example/1", businessKey: "A-1" };
    const [task] = await given(db, storedTask(full));
    const [listed] = (await listTasks(db, EVERYTHING, {}, 1, null)).items;
    assert.equal([listed?.calledUrl, listed?.businessKey], [task?.calledUrl, task?.businessKey]);
    const [bare] = await made({});
    const [empty] = (await listTasks(db, EVERYTHING, {}, 1, null)).items;
    assert.equal(
      [empty?.taskId, "calledUrl" in empty!, "businessKey" in empty!],
      [bare?.taskId, false, false],
    );
  });

  test("views: a name is one view's; one user may have a hundred", async () => {
    const owner = { id: 1, name: "admin" };
    const add = (name: string) =>
      addView(db, { page: "tasks", name, query: "state=exhausted" }, owner, clock.now());
    const view = await add("mine");
    await add("Mine");
    assert.equal((await refusal(() => add("mine"))).errors, [{ field: "name", message: "is taken" }]);
    clock.advance(5);
    const after = await writeView(db, await lockView(db, view.id), { query: "state=pending" }, clock.now());
    assert.equal(await listViews(db, "tasks").then((all) => all.find(({ id }) => id === view.id)), after);
    assert.is((await refusal(() => writeView(db, after, { name: "Mine" }, clock.now()))).code, "conflict");
    await removeView(db, after);
    assert.is((await refusal(() => lockView(db, view.id))).code, "not_found");
    for (let i = 1; i < 100; i++) await add(`view ${i}`);
    assert.is((await refusal(() => add("one too many"))).code, "conflict");
  });

  /** How the database goes about what `run` reads of tasks. */
  async function plansOf(run: () => Promise<unknown>): Promise<string[]> {
    const made: { sql: string; bindings?: unknown[] }[] = [];
    const note = (query: { sql: string; bindings?: unknown[] }) => void made.push(query);
    const readers = new Set([db.knex, db.searches]);
    for (const one of readers) one.on("query", note);
    await run();
    for (const one of readers) one.removeListener("query", note);
    const verb = kind.dialect === "sqlite" ? "EXPLAIN QUERY PLAN" : "EXPLAIN";
    const answers = await Promise.all(
      made.map(({ sql, bindings = [] }) => db.knex.raw(`${verb} ${sql}`, bindings as string[])),
    );
    return answers.map((answer) => JSON.stringify(db.driver.rowsOf(answer)));
  }

  test.run();
}
