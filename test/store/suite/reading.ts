import { suite } from "uvu";
import * as assert from "uvu/assert";
import { epochMs, hours, later, millis } from "../../../core/clock.ts";
import { newTaskId, type TaskId } from "../../../core/ids.ts";
import type { DueEntry } from "../../../core/job.ts";
import type { Database } from "../../../store/database.ts";
import { isHanded } from "../../../store/handovers.ts";
import { cursorBehind, listTasks, type TaskWalk } from "../../../store/list-tasks.ts";
import { attemptPage } from "../../../store/payloads.ts";
import { claimedTasks, findTask, findTasks, type TaskFilter } from "../../../store/read.ts";
import type { ListedTask } from "../../../store/rows.ts";
import { EVERYTHING, type Scope } from "../../../store/scope.ts";
import { AHEAD, scanWaiting } from "../../../store/waiting.ts";
import { json, refusal, seeded } from "../../core/helpers.ts";
import { closeDatabase, freshDatabase, given, type Kind } from "../fixtures.ts";

export function reading(kind: Kind): void {
  const test = suite(`${kind.name}: read`);
  let db: Database;
  test.before.each(async () => {
    db = await freshDatabase(kind);
  });
  test.after.each(() => closeDatabase(db));

  const T0 = epochMs(1_700_000_000_000);
  const at = (ms: number) => epochMs(T0 + ms);
  const list = async (filter: TaskFilter, scope: Scope = EVERYTHING) =>
    (await listTasks(db, scope, filter, 200, null)).items.map(({ sourceAppName }) => sourceAppName).join("");
  /** All pages, each of `limit`. */
  async function pages(limit: number, scope = EVERYTHING, walk: TaskWalk = "created"): Promise<ListedTask[]> {
    const all: ListedTask[] = [];
    for (let cursor: string | null = null; ; ) {
      const page = await listTasks(db, scope, {}, limit, cursor, walk);
      assert.ok(page.items.length <= limit);
      all.push(...page.items);
      if (page.nextCursor === null) return all;
      assert.is(page.items.length, limit);
      cursor = page.nextCursor;
    }
  }

  /** Ids, newest first. */
  const order = (some: Pick<ListedTask, "taskId" | "createdAt">[]) =>
    some
      .toSorted((x, y) => y.createdAt - x.createdAt || (x.taskId < y.taskId ? 1 : -1))
      .map(({ taskId }) => taskId);

  test("filters, alone and together", async () => {
    const ended = { nextCallAt: null };
    const [a] = await given(
      db,
      {
        sourceAppName: "a",
        createdAt: at(1),
        url: "http://h/50%_off!",
        requestParam: json({ name: "必达", x: "50%" }),
      },
      {
        sourceAppName: "b",
        createdAt: at(2),
        url: "http://h/50xyoff!",
        body: "raw 50a text",
        targetAppName: "t",
      },
      { sourceAppName: "c", createdAt: at(3), state: "succeeded", ...ended, targetAppName: "t" },
      { sourceAppName: "d", createdAt: at(4), state: "exhausted", ...ended, url: "http://other/" },
      { sourceAppName: "e", createdAt: at(5), appId: 5 },
    );
    const FILTERS: [TaskFilter, string][] = [
      [{}, "edcba"],
      [{ states: ["pending"] }, "eba"],
      [{ states: ["succeeded", "exhausted"] }, "dc"],
      [{ states: [] }, ""],
      [{ sourceAppName: "a" }, "a"],
      [{ targetAppName: "t" }, "cb"],
      [{ targetAppName: "t", states: ["pending"] }, "b"],
      [{ createdFrom: at(2), createdTo: at(4) }, "cb"],
      [{ url: "50%_off" }, "a"],
      [{ url: "50" }, "ba"],
      [{ url: "%" }, "a"],
      [{ url: "_" }, "a"],
      [{ url: "!" }, "ba"],
      [{ url: "other" }, "d"],
      [{ q: "必达" }, "a"],
      [{ q: "50%" }, "a"],
      [{ q: "50a" }, "b"],
      [{ q: "'; DROP TABLE tasks; --" }, ""],
      [{ pendingLease: { leased: [a!.taskId], wanted: true } }, "dca"],
      [{ pendingLease: { leased: [a!.taskId], wanted: false } }, "edcb"],
      [{ states: ["pending"], pendingLease: { leased: [a!.taskId], wanted: true } }, "a"],
      [{ states: ["pending"], pendingLease: { leased: [], wanted: true } }, ""],
      [{ states: ["pending"], pendingLease: { leased: [], wanted: false } }, "eba"],
    ];
    for (const [filter, wanted] of FILTERS) assert.is(await list(filter), wanted, JSON.stringify(filter));
    assert.is(await list({}, { appId: 5 }), "e");
    assert.is(await list({}, { appId: 6 }), "");
  });

  const attemptsOf = (on: Database, scope: Scope, taskId: TaskId) =>
    attemptPage(on, scope, taskId, { order: "oldest", limit: 50, cursor: null });

  test("an app sees only its own, and of the others not even that they exist", async () => {
    const [mine, theirs] = await given(db, { appId: 1 }, { appId: 2 });
    const ids = [mine!.taskId, theirs!.taskId];
    const scope = { appId: 1 };
    assert.equal(
      (await findTasks(db, scope, ids)).map(({ taskId }) => taskId),
      [mine!.taskId],
    );
    assert.is((await findTasks(db, EVERYTHING, ids)).length, 2);
    assert.equal(await findTask(db, scope, mine!.taskId), mine!);
    for (const id of [theirs!.taskId, newTaskId()]) {
      for (const read of [findTask, attemptsOf]) {
        const error = await refusal(() => read(db, scope, id));
        assert.equal([error.code, error.message], ["not_found", "No such task"]);
      }
    }
    assert.equal((await attemptsOf(db, scope, mine!.taskId)).items, []);
    assert.equal(await findTasks(db, EVERYTHING, []), []);
  });

  test("what was claimed comes as it is stored, of every app; what is gone is missing", async () => {
    const some = await given(
      db,
      { appId: 1, requestParam: '{"a":1.50}' as never, headers: { a: "b" } },
      { callCount: 2, lastError: { code: "reset", message: "broken" }, calledUrl: "http://target.example/1" },
    );
    const ids = [some[1]!.taskId, newTaskId(), some[0]!.taskId];
    const found = new Map((await claimedTasks(db, ids)).map((task) => [task.taskId, task]));
    assert.equal(found, new Map((await findTasks(db, EVERYTHING, ids)).map((task) => [task.taskId, task])));
    assert.equal(found.get(some[0]!.taskId), some[0]!);
    assert.is(found.size, 2);
    assert.equal(await claimedTasks(db, []), []);
  });

  test("pages: newest first, without gap or repetition, many of the same moment", async () => {
    const random = seeded(3);
    const tasks = await given(
      db,
      ...Array.from({ length: 83 }, () => ({
        createdAt: at(Math.floor(random() * 5)),
        appId: random() < 0.5 ? 1 : 0,
      })),
    );
    for (const limit of [1, 7, 82, 83, 84, 200]) {
      assert.equal(
        (await pages(limit)).map(({ taskId }) => taskId),
        order(tasks),
        `${limit}`,
      );
    }
    const own = await pages(7, { appId: 1 });
    assert.equal(
      own.map(({ taskId }) => taskId),
      order(tasks.filter(({ appId }) => appId === 1)),
    );
    const back = await pages(7, EVERYTHING, "createdBack");
    assert.equal(
      back.map(({ taskId }) => taskId),
      order(tasks).reverse(),
    );
  });

  test("beside any task of a list stand those that the list has there, whatever filters it has", async () => {
    const tasks = await given(
      db,
      ...Array.from({ length: 60 }, (_, i) => ({
        createdAt: at(Math.floor(i / 4)),
        nextCallAt: at(100 - Math.floor(i / 3)),
        url: `http://a/${i % 7 === 0 ? "rare" : "usual"}/${i}`,
        orderKey: i % 5 === 0 ? "line" : null,
      })),
    );
    for (const filter of [{}, { url: "rare" }, { orderKey: "line" }, { states: ["pending"] }] as TaskFilter[])
      for (const sort of ["created", "due"] as const) {
        const { items } = await listTasks(db, EVERYTHING, filter, 200, null, sort);
        const beside = async (walk: TaskWalk, task: ListedTask) =>
          (await listTasks(db, EVERYTHING, filter, 1, cursorBehind(walk, task), walk, 5_000)).items[0]
            ?.taskId;
        for (const [i, task] of items.entries()) {
          const found = [await beside(sort, task), await beside(`${sort}Back`, task)];
          assert.equal(
            found,
            [items[i + 1]?.taskId, items[i - 1]?.taskId],
            `${sort} ${JSON.stringify(filter)} ${i}`,
          );
        }
      }
    assert.is(tasks.length, 60);
  });

  test("where no index knows the filter a page may be short, and the pages together miss nothing", async () => {
    // More than the first two looks together; some at one moment, in two states, so parts have to be merged.
    const random = seeded(7);
    const many = Array.from({ length: 2_700 }, (_, i) => {
      const createdAt = at(Math.floor(random() * 900));
      const open = i % 3 === 0;
      const times = open ? {} : { nextCallAt: null, finishedAt: at(2_000) };
      return { createdAt, state: open ? ("pending" as const) : ("exhausted" as const), ...times };
    });
    await given(
      db,
      ...many.map((task, i) => ({ ...task, url: `http://a/${i % 97 === 5 ? "rare" : "usual"}/${i}` })),
    );
    for (const filter of [
      { url: "rare" },
      { url: "rare", states: ["pending", "exhausted"] },
      { url: "rare", states: ["exhausted"], createdFrom: at(100), createdTo: at(800) },
      { url: "nowhere" },
    ] as TaskFilter[]) {
      const all: ListedTask[] = [];
      let [cursor, turns, short]: [string | null, number, number] = [null, 0, 0];
      do {
        // No patience: one look per page.
        const page = await listTasks(db, EVERYTHING, filter, 5, cursor, "created", 0);
        all.push(...page.items);
        if (page.items.length < 5 && page.nextCursor !== null) short++;
        cursor = page.nextCursor;
      } while (cursor !== null && ++turns < 100);
      const { createdFrom = 0, createdTo = Number.POSITIVE_INFINITY } = filter;
      const wanted = many.filter(
        ({ createdAt, state }, i) =>
          filter.url === "rare" &&
          i % 97 === 5 &&
          createdAt >= createdFrom &&
          createdAt < createdTo &&
          (filter.states?.includes(state) ?? true),
      );
      assert.equal(
        all.map(({ taskId }) => taskId),
        order(all),
      );
      assert.is(new Set(all.map(({ taskId }) => taskId)).size, wanted.length, JSON.stringify(filter));
      assert.is(all.length, wanted.length);
      assert.ok(short > 0, "there were short pages");
    }
  });

  test("pages: what arrives meanwhile shifts nothing", async () => {
    await given(db, { createdAt: at(1) }, { createdAt: at(2) }, { createdAt: at(3) });
    const first = await listTasks(db, EVERYTHING, {}, 2, null);
    await given(db, { createdAt: at(9) });
    const second = await listTasks(db, EVERYTHING, {}, 2, first.nextCursor);
    assert.equal([second.items.map(({ createdAt }) => createdAt), second.nextCursor], [[at(1)], null]);
  });

  test("a cursor that is none of ours is refused", async () => {
    const broken = [
      "",
      "x",
      "123",
      Buffer.from("1.x").toString("base64url"),
      Buffer.from("a.b").toString("base64url"),
    ];
    for (const cursor of [...broken, "' OR 1=1 --"]) {
      const error = await refusal(() => listTasks(db, EVERYTHING, {}, 2, cursor));
      assert.equal([error.code, error.errors[0]?.field], ["invalid_query", "cursor"], cursor);
    }
  });

  test("scanWaiting: open tasks by due time, pages without gap or repetition", async () => {
    const random = seeded(5);
    const tasks = await given(
      db,
      ...Array.from({ length: 97 }, (_, i) => ({
        nextCallAt: at(Math.floor(random() * 6)),
        callCount: i % 2,
      })),
      { nextCallAt: at(6) },
      { state: "succeeded", nextCallAt: null },
      { state: "canceled", nextCallAt: null },
    );
    const wanted = tasks
      .slice(0, 97)
      .toSorted((x, y) => (x.nextCallAt ?? 0) - (y.nextCallAt ?? 0) || (x.taskId < y.taskId ? -1 : 1));
    for (const limit of [1, 10, 96, 97, 98]) {
      const found: DueEntry[] = [];
      for (let last: number | undefined; last !== 0; ) {
        const page = await scanWaiting(db, at(6), found.at(-1) ?? null, limit);
        assert.ok(page.length <= limit);
        found.push(...page);
        last = page.length;
      }
      assert.equal(
        found,
        wanted.map(({ taskId, lane, appId, callCount, nextCallAt }) => ({
          ...{ taskId, lane, app: appId, first: callCount === 0, dueAt: nextCallAt! },
        })),
        `${limit}`,
      );
    }
    assert.equal(await scanWaiting(db, at(0), null, 10), []);
  });

  test("scanWaiting leaves out what was accepted later than asked for", async () => {
    const [old] = await given(
      db,
      { nextCallAt: at(1), createdAt: at(3) },
      { nextCallAt: at(2), createdAt: at(4) },
    );
    const found = await scanWaiting(db, at(6), null, 10, { until: at(3), over: at(6), now: at(6) });
    assert.equal(
      found.map(({ taskId }) => taskId),
      [old?.taskId],
    );
  });

  test("scanWaiting finds what was accepted by a clock that was ahead, and is right again", async () => {
    const now = at(6);
    const ahead = later(now, AHEAD);
    const [retry, first, handed] = await given(
      db,
      { nextCallAt: at(1), createdAt: later(ahead, millis(1)), callCount: 1 },
      { nextCallAt: at(2), createdAt: later(now, hours(40 * 24)) },
      { nextCallAt: at(3), createdAt: later(now, hours(40 * 24)), handedUntil: later(now, hours(41 * 24)) },
      { nextCallAt: at(4), createdAt: ahead },
      { nextCallAt: at(5), createdAt: at(3), handedUntil: at(7) },
    );
    // A lease ago, and a lease may be longer than what counts as ahead.
    const onTheWay = { now, until: at(3), over: at(-600_000) };
    const found = await scanWaiting(db, now, null, 10, onTheWay);
    assert.equal(
      found.map(({ taskId }) => taskId),
      [retry, first, handed].map((task) => task?.taskId),
    );
    const rest = await scanWaiting(db, now, found[0] as DueEntry, 10, onTheWay);
    assert.equal(rest, found.slice(1), "behind a page too");
    assert.not.ok(isHanded(handed as Parameters<typeof isHanded>[0], now));
  });

  test.run();
}
