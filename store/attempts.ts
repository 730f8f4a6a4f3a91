/** Calls across tasks, newest first. */

import type { Knex } from "knex";
import type { EpochMs, Millis } from "../core/clock.ts";
import { cursorOf, cursorParts, wrongCursor } from "../core/cursor.ts";
import { type Lane, parseTaskId, type TaskId, taskIdFromBytes, taskIdToBytes } from "../core/ids.ts";
import { type CallPhases, readPhases } from "../core/phases.ts";
import { type Method, STORED_STATES, type StoredState } from "../core/task.ts";
import type { Database } from "./database.ts";
import { translated } from "./failures.ts";
import type { Row } from "./rows.ts";
import type { Scope } from "./scope.ts";
import { whereExactly } from "./text-match.ts";

/** All that are given must hold. */
export interface AttemptFilter {
  succeeded?: boolean | undefined;
  status?: number | undefined;
  errorCode?: string | undefined;
  lane?: Lane | undefined;
  taskId?: TaskId | undefined;
  /** Of the call's start; `to` is excluded. */
  from?: number | undefined;
  to?: number | undefined;
  /** Reads the beginnings of what was answered. */
  withResponses?: boolean | undefined;
}

/** A call without what was answered, and the task it belongs to. */
export interface ListedAttempt {
  taskId: TaskId;
  n: number;
  startedAt: EpochMs;
  durationMs: Millis;
  succeeded: boolean;
  statusCode: number | null;
  errorCode: string | null;
  errorMessage: string | null;
  node: string;
  phases: CallPhases | null;
  url: string;
  /** The one that is called, where it is another and is known. */
  calledUrl: string | null;
  requestMethod: Method;
  sourceAppName: string | null;
  targetAppName: string | null;
  taskState: StoredState;
  /** Its first characters; only where they were asked for. Null where it is no text, or sealed: it opens as a whole only. */
  responseStart?: string | null;
}

type Place = Pick<ListedAttempt, "startedAt" | "taskId" | "n">;

/** A page looks at no more rows than this: filters that fit few calls give short pages, not long waits. */
const MAX_SCAN = 20_000;
/** Characters of an answer that a list shows. */
const START = 200;
/** Rows of the first look where there are filters; each further look takes four times as many. */
const FIRST_LOOK = 500;

/**
 * A page. It may be short, or empty, and still have a cursor: then the rest of the rows was not looked at yet.
 * @throws BidaError invalid_query for a cursor that is not one of ours; unavailable
 */
export async function listAttempts(
  db: Database,
  scope: Scope,
  filter: AttemptFilter,
  limit: number,
  cursor: string | null,
): Promise<{ items: ListedAttempt[]; nextCursor: string | null }> {
  let after = cursor === null ? null : readCursor(cursor);
  const items: ListedAttempt[] = [];
  const page = (next: Place | null) => ({ items, nextCursor: next && cursorBehind(next) });
  try {
    for (let scanned = 0, look = FIRST_LOOK; ; look *= 4) {
      const end = await endOfLook(db, filter, after, look);
      const query = attemptsWithTasks(db, scope, filter, after)
        .orderBy(NEWEST_FIRST)
        .limit(limit + 1 - items.length);
      if (end) notBehind(query, end);
      items.push(...(await query).map(attemptOf));
      if (items.length > limit) {
        items.length = limit;
        return page(items.at(-1) as Place);
      }
      scanned += look;
      if (end === null || scanned >= MAX_SCAN) return page(end);
      after = end;
    }
  } catch (error) {
    throw translated(error);
  }
}

const NEWEST_FIRST = ["started_at", "task_id", "n"].map((column) => ({
  column: `a.${column}`,
  order: "desc" as const,
}));

/** The last row of the next `look`; null where there are fewer. Reads the index only. */
async function endOfLook(
  db: Database,
  filter: AttemptFilter,
  after: Place | null,
  look: number,
): Promise<Place | null> {
  // One task has few calls, and they stand together under its key.
  if (filter.taskId !== undefined) return null;
  const query = db.knex("attempts as a").select("a.started_at", "a.task_id", "a.n");
  narrowed(query, filter, after);
  const row = await query
    .orderBy(NEWEST_FIRST)
    .limit(1)
    .offset(look - 1)
    .first();
  return row ? { startedAt: row.started_at, taskId: taskIdFromBytes(row.task_id), n: row.n } : null;
}

function attemptsWithTasks(db: Database, scope: Scope, filter: AttemptFilter, after: Place | null) {
  // In this order: driven by the index, never by the tasks.
  const query: Knex.QueryBuilder = db
    .knex(db.knex.raw(`attempts AS a ${db.driver.joinInOrder} tasks AS t ON t.task_id = a.task_id`))
    .select([
      ...["task_id", "n", "started_at", "duration_ms", "succeeded"].map((column) => `a.${column}`),
      ...["status_code", "error_code", "error_message", "node", "phases"].map((column) => `a.${column}`),
      ...["url", "called_url", "request_method", "source_app_name", "target_app_name", "state"].map(
        (column) => `t.${column}`,
      ),
    ]);
  if (filter.withResponses)
    query.select(
      db.knex.raw(
        `CASE WHEN a.response_base64 = 1 OR a.sealed IS NOT NULL THEN NULL ELSE SUBSTR(a.response_body, 1, ${START}) END AS response_start`,
      ),
    );
  narrowed(query, filter, after);
  if (scope.appId !== null) query.where("t.app_id", scope.appId);
  if (filter.lane !== undefined) query.where("t.lane", filter.lane);
  if (filter.taskId !== undefined) query.where("a.task_id", taskIdToBytes(filter.taskId));
  if (filter.succeeded !== undefined) query.where("a.succeeded", filter.succeeded ? 1 : 0);
  if (filter.status !== undefined) query.where("a.status_code", filter.status);
  if (filter.errorCode !== undefined) whereExactly(db, query, "a.error_code", filter.errorCode);
  return query;
}

/** By what the index can tell. */
function narrowed(query: Knex.QueryBuilder, { from, to }: AttemptFilter, after: Place | null): void {
  if (from !== undefined) query.where("a.started_at", ">=", from);
  if (to !== undefined) query.where("a.started_at", "<", to);
  if (after !== null) {
    const { startedAt, taskId, n } = after;
    const id = taskIdToBytes(taskId);
    query
      .where("a.started_at", "<=", startedAt)
      .whereRaw("NOT (a.started_at = ? AND (a.task_id > ? OR (a.task_id = ? AND a.n >= ?)))", [
        startedAt,
        id,
        id,
        n,
      ]);
  }
}

/** Rows up to `end`, itself included. */
function notBehind(query: Knex.QueryBuilder, { startedAt, taskId, n }: Place): void {
  const id = taskIdToBytes(taskId);
  query
    .where("a.started_at", ">=", startedAt)
    .whereRaw("NOT (a.started_at = ? AND (a.task_id < ? OR (a.task_id = ? AND a.n < ?)))", [
      startedAt,
      id,
      id,
      n,
    ]);
}

function attemptOf(row: Row): ListedAttempt {
  return {
    taskId: taskIdFromBytes(row.task_id as Uint8Array),
    n: row.n as number,
    startedAt: row.started_at as EpochMs,
    durationMs: row.duration_ms as Millis,
    succeeded: Boolean(row.succeeded),
    statusCode: row.status_code as number | null,
    errorCode: row.error_code as string | null,
    errorMessage: row.error_message as string | null,
    node: row.node as string,
    phases: readPhases(row.phases) ?? null,
    url: row.url as string,
    calledUrl: row.called_url as string | null,
    requestMethod: row.request_method as Method,
    sourceAppName: row.source_app_name as string | null,
    targetAppName: row.target_app_name as string | null,
    taskState: STORED_STATES[row.state as number] as StoredState,
    ...("response_start" in row && { responseStart: row.response_start as string | null }),
  };
}

const cursorBehind = ({ startedAt, taskId, n }: Place): string => cursorOf(startedAt, taskId, n);

function readCursor(cursor: string): Place {
  const [time = "", id = "", n = ""] = cursorParts(cursor, 3);
  const taskId = parseTaskId(id);
  if (!/^\d{1,15}$/.test(time) || taskId === null || !/^\d{1,9}$/.test(n)) throw wrongCursor();
  return { startedAt: Number(time) as EpochMs, taskId, n: Number(n) };
}
