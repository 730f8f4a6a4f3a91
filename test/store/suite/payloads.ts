/** Pages end by bytes: payloads of tasks, answers of attempts. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { MAX_PAGE_BYTES } from "../../../core/page-cut.ts";
import type { Database } from "../../../store/database.ts";
import { cursorBehind, listTasks } from "../../../store/list-tasks.ts";
import { type AttemptsWanted, attemptPage, withPayloads } from "../../../store/payloads.ts";
import { recordOutcomes } from "../../../store/record.ts";
import type { StoredTask } from "../../../store/rows.ts";
import { EVERYTHING } from "../../../store/scope.ts";
import { json, refusal } from "../../core/helpers.ts";
import { clock, closeDatabase, freshDatabase, given, type Kind, outcome } from "../fixtures.ts";

const MIB = 1024 * 1024;
const bytesOf = (value: unknown) => Buffer.byteLength(JSON.stringify(value));

export function payloads(kind: Kind): void {
  const test = suite(`${kind.name}: pages by bytes`);
  let db: Database;
  test.before.each(async () => {
    db = await freshDatabase(kind);
  });
  test.after.each(() => closeDatabase(db));

  /** All pages with payloads. */
  async function pages(limit = 200): Promise<StoredTask[][]> {
    const all: StoredTask[][] = [];
    let cursor: string | null = null;
    do {
      const listed: Awaited<ReturnType<typeof listTasks>> = await listTasks(
        db,
        EVERYTHING,
        {},
        limit,
        cursor,
      );
      const page = await withPayloads(db, EVERYTHING, listed, (task) => cursorBehind("created", task));
      all.push(page.items);
      cursor = page.nextCursor;
    } while (cursor !== null);
    return all;
  }

  test("tasks without payloads: a page names no more than its columns", async () => {
    await given(db, { body: "x".repeat(MIB), headers: { a: "b" }, expect: { equals: "y" } });
    const { items } = await listTasks(db, EVERYTHING, {}, 200, null);
    assert.is(items.length, 1);
    assert.ok(bytesOf(items) < 2_000, String(bytesOf(items)));
  });

  test("tasks with payloads: pages of about 4 MiB, without gap or repetition, each task as it is", async () => {
    const made = await given(
      db,
      ...Array.from({ length: 11 }, () => ({ requestParam: json({ a: "上".repeat(300_000) }) })),
      ...Array.from({ length: 40 }, (_, i) => ({ body: `small ${i}`, headers: { "x-a": "1" } })),
    );
    const all = await pages();
    for (const page of all) assert.ok(bytesOf(page) < MAX_PAGE_BYTES + 100_000, String(bytesOf(page)));
    const found = new Map(all.flat().map((task) => [task.taskId, task]));
    assert.is(all.flat().length, made.length);
    for (const task of made) assert.equal(found.get(task.taskId), task);
    assert.ok(all.length >= 3 && all.length <= 5, String(all.length));
  });

  test("tasks with payloads that JSON makes six times as long", async () => {
    await given(db, ...Array.from({ length: 6 }, () => ({ body: "\u0001".repeat(500_000) })));
    const all = await pages();
    assert.equal(
      all.map((page) => page.length),
      [1, 1, 1, 1, 1, 1],
    );
  });

  test("a task that takes more than a page by itself is a page", async () => {
    await given(db, { body: "\u0001".repeat(MIB) }, { body: "b" });
    assert.equal((await pages()).map((page) => page.length).sort(), [1, 1]);
  });

  test("attempts of a task: by count and by bytes, from either end", async () => {
    const [task] = (await given(db, { limitCallCount: 100 })) as [StoredTask];
    for (let n = 1; n <= 90; n++)
      await recordOutcomes(
        db,
        [outcome(task, n, "failed", { responseBody: n > 20 ? "\u0001".repeat(60_000) : "short" })],
        clock,
        () => 0,
      );
    const numbers = async (wanted: Omit<AttemptsWanted, "cursor">) => {
      const all: number[][] = [];
      let cursor: string | null = null;
      do {
        const page: Awaited<ReturnType<typeof attemptPage>> = await attemptPage(db, EVERYTHING, task.taskId, {
          ...wanted,
          cursor,
        });
        assert.ok(page.items.length <= wanted.limit);
        assert.ok(bytesOf(page.items) < MAX_PAGE_BYTES + 10_000, String(bytesOf(page.items)));
        all.push(page.items.map(({ n }) => n));
        cursor = page.nextCursor;
      } while (cursor !== null);
      return all;
    };
    const oldest = Array.from({ length: 90 }, (_, i) => i + 1);
    assert.equal((await numbers({ order: "oldest", limit: 20 })).flat(), oldest);
    assert.equal((await numbers({ order: "newest", limit: 200 })).flat(), oldest.toReversed());
    assert.equal(
      (await numbers({ order: "oldest", limit: 10 })).map((page) => page.length),
      [...Array.from({ length: 9 }, () => 10)],
    );
    for (const cursor of ["x", "-1", "1.5", "99999999999"]) {
      const wanted = { order: "oldest", limit: 1, cursor } as const;
      const error = await refusal(() => attemptPage(db, EVERYTHING, task.taskId, wanted));
      assert.equal([error.code, error.errors[0]?.field], ["invalid_query", "cursor"]);
    }
  });

  test.run();
}
