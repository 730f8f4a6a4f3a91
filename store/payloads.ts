/**
 * Payloads of many tasks, and answers of many attempts: a row may hold megabytes, so what a page takes is asked first, and
 * only as much is read as one page may hold.
 */

import type { Knex } from "knex";
import type { EpochMs } from "../core/clock.ts";
import { wrongCursor } from "../core/cursor.ts";
import { BidaError } from "../core/errors.ts";
import { type TaskId, taskIdToBytes } from "../core/ids.ts";
import type { AttemptRecord } from "../core/outcome.ts";
import type { Page } from "../core/page.ts";
import { fitting, MAX_PAGE_BYTES } from "../core/page-cut.ts";
import { attemptFromRow } from "./attempt-rows.ts";
import type { Database } from "./database.ts";
import { reading } from "./failures.ts";
import { findTasks } from "./read.ts";
import type { ListedTask, Row, StoredTask } from "./rows.ts";
import { type Scope, scoped } from "./scope.ts";

const PAYLOAD_COLUMNS = ["request_param", "body", "body_base64", "headers", "expect_result", "expect"];
const ANSWER_COLUMNS = ["response_body", "response_headers", "error_message"];

/**
 * The tasks of a page with their payloads: as many from the first as take about `maxBytes`, at least one.
 * @param cursorOf leads behind a task, where that is not the page's last one
 */
export async function withPayloads(
  db: Database,
  scope: Scope,
  page: Page<ListedTask>,
  cursorOf: (task: ListedTask) => string,
  maxBytes = MAX_PAGE_BYTES,
): Promise<Page<StoredTask>> {
  if (page.items.length === 0) return { items: [], nextCursor: page.nextCursor };
  const keys = page.items.map(({ taskId }) => taskIdToBytes(taskId));
  const rows = await reading<Row[]>(
    db.knex("tasks").select("task_id", bytesIn(db, PAYLOAD_COLUMNS)).whereIn("task_id", keys),
  );
  const sizes = new Map(rows.map((row) => [hexOf(row.task_id), Number(row.bytes)]));
  const sized = keys.map((key) => sizes.get(hexOf(key)) ?? 0);
  const first = page.items.slice(
    0,
    fitting(sized, (bytes) => bytes, maxBytes),
  );
  const ids = first.map(({ taskId }) => taskId);
  const found = new Map((await findTasks(db, scope, ids)).map((task) => [task.taskId, task]));
  // Those that were pruned meanwhile are missing.
  const tasks = first.flatMap(({ taskId }) => found.get(taskId) ?? []);
  // Control characters take six times as much in JSON.
  const items = tasks.slice(0, fitting(tasks, undefined, maxBytes));
  const last = items.length < tasks.length ? items.at(-1) : first.at(-1);
  const isWhole = items.length === tasks.length && first.length === page.items.length;
  return { items, nextCursor: isWhole || !last ? page.nextCursor : cursorOf(last) };
}

/** Which attempts of a task, and how many. */
export interface AttemptsWanted {
  order: "oldest" | "newest";
  limit: number;
  cursor: string | null;
}

/**
 * A page of a task's attempts.
 * @throws BidaError not_found as `findTask`; invalid_query for a cursor that is not one of ours
 */
export async function attemptPage(
  db: Database,
  scope: Scope,
  taskId: TaskId,
  { order, limit, cursor }: AttemptsWanted,
): Promise<Page<AttemptRecord>> {
  const key = taskIdToBytes(taskId);
  if (cursor !== null && !/^(?:0|[1-9]\d{0,8})$/.test(cursor)) throw wrongCursor();
  const task = await reading(
    scoped(db, scope)
      .findById(key as never)
      .select("task_id"),
  );
  if (!task) throw new BidaError("not_found", "No such task");
  const [beyond, direction] = order === "oldest" ? ([">", "asc"] as const) : (["<", "desc"] as const);
  const query = db
    .knex("attempts")
    .where("task_id", key)
    .orderBy("n", direction)
    .limit(limit + 1)
    .select("n", bytesIn(db, ANSWER_COLUMNS));
  if (cursor !== null) query.where("n", beyond, Number(cursor));
  const sizes = await reading<Row[]>(query);
  const first = sizes.slice(
    0,
    fitting(sizes.slice(0, limit), ({ bytes }) => Number(bytes)),
  );
  if (first.length === 0) return { items: [], nextCursor: null };
  const numbers = first.map(({ n }) => n as number);
  const rows = await reading<Row[]>(
    db.knex("attempts").where("task_id", key).whereIn("n", numbers).orderBy("n", direction),
  );
  const attempts = rows.map((row) => attemptFromRow(row, db.sealing));
  const items = attempts.slice(0, fitting(attempts));
  const last = items.at(-1);
  return { items, nextCursor: last && last.n !== sizes.at(-1)?.n ? String(last.n) : null };
}

/**
 * The failed call of a task with which it was exhausted at `at`: the last one before. Clocks of nodes differ: where all seem to
 * begin later, the last.
 * @returns null where there is none: it was never called, or is pruned
 */
export async function failedAttempt(
  db: Database,
  taskId: TaskId,
  at: EpochMs,
): Promise<AttemptRecord | null> {
  const query = db
    .knex("attempts")
    .where({ task_id: taskIdToBytes(taskId), succeeded: 0 })
    .orderByRaw("CASE WHEN started_at <= ? THEN 0 ELSE 1 END, n DESC", [at])
    .limit(1);
  const [row] = await reading<Row[]>(query);
  return row ? attemptFromRow(row, db.sealing) : null;
}

/** What the columns take together, as `bytes`; read without what stands in them (SQLite: since 3.43). */
const bytesIn = ({ knex }: Database, columns: string[]): Knex.Raw =>
  knex.raw(`${columns.map((column) => `COALESCE(OCTET_LENGTH(${column}), 0)`).join(" + ")} AS bytes`);

const hexOf = (key: unknown): string => Buffer.from(key as Uint8Array).toString("hex");
