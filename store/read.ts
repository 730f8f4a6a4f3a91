/** Reading tasks and attempts. */
import { type EpochMs, epochMs } from "../core/clock.ts";
import { BidaError } from "../core/errors.ts";
import { parseTaskId, type TaskId, taskIdToBytes } from "../core/ids.ts";
import type { AttemptRecord } from "../core/outcome.ts";
import type { StoredState } from "../core/task.ts";
import type { Database } from "./database.ts";
import { reading } from "./failures.ts";
import { AttemptModel, from } from "./models.ts";
import { attemptFromRow, type StoredTask, stateCode, taskFromRow } from "./rows.ts";
import { type Scope, scoped } from "./scope.ts";

/** Filters of a list; all that are given must hold. */
export interface TaskFilter {
  states?: StoredState[] | undefined;
  /** Of pending tasks, only those that are leased (`wanted`), or only those that are not. */
  pendingLease?: { leased: TaskId[]; wanted: boolean } | undefined;
  sourceAppName?: string | undefined;
  targetAppName?: string | undefined;
  url?: string | undefined;
  q?: string | undefined;
  createdFrom?: number | undefined;
  createdTo?: number | undefined;
}

/** `created`: newest first. `due`: what is due first on top, of tasks that have a due time only. */
export type TaskOrder = "created" | "due";

/** @throws BidaError not_found, also where it exists but not for `scope` */
export async function findTask(db: Database, scope: Scope, taskId: TaskId): Promise<StoredTask> {
  const row = await reading(scoped(db, scope).findById(taskIdToBytes(taskId) as never));
  if (!row) throw new BidaError("not_found", "No such task");
  return taskFromRow(row);
}

/** Tasks by id, in no order; those that are gone are missing. */
export async function findTasks(db: Database, scope: Scope, ids: TaskId[]): Promise<StoredTask[]> {
  const rows = await reading(scoped(db, scope).whereIn("task_id", ids.map(taskIdToBytes)));
  return rows.map(taskFromRow);
}

/** Attempts of a task, oldest first. @throws BidaError not_found as {@link findTask} */
export async function findAttempts(db: Database, scope: Scope, taskId: TaskId): Promise<AttemptRecord[]> {
  await findTask(db, scope, taskId);
  const rows = await reading(from(db, AttemptModel).where("task_id", taskIdToBytes(taskId)).orderBy("n"));
  return rows.map(attemptFromRow);
}

/**
 * A page of tasks in the order of `sort`. The cursor names the last row of the page before, so that rows which arrive
 * meanwhile shift nothing.
 * @throws BidaError invalid_query for a cursor that is not one of ours
 */
export async function listTasks(
  db: Database,
  scope: Scope,
  filter: TaskFilter,
  limit: number,
  cursor: string | null,
  sort: TaskOrder = "created",
): Promise<{ items: StoredTask[]; nextCursor: string | null }> {
  const { column, direction, beyond, timeOf } = ORDERS[sort];
  const query = scoped(db, scope)
    .orderBy(column, direction)
    .orderBy("task_id", direction)
    .limit(limit + 1);
  if (sort === "due") query.where("state", stateCode("pending")).whereNotNull("next_call_at");
  if (filter.states) query.whereIn("state", filter.states.map(stateCode));
  if (filter.pendingLease) {
    const { leased, wanted } = filter.pendingLease;
    const keys = leased.map(taskIdToBytes);
    query.where((either) =>
      either
        .whereNot("state", stateCode("pending"))
        .orWhere((pending) =>
          wanted ? pending.whereIn("task_id", keys) : pending.whereNotIn("task_id", keys),
        ),
    );
  }
  if (filter.sourceAppName !== undefined) query.where("source_app_name", filter.sourceAppName);
  if (filter.targetAppName !== undefined) query.where("target_app_name", filter.targetAppName);
  if (filter.createdFrom !== undefined) query.where("created_at", ">=", filter.createdFrom);
  if (filter.createdTo !== undefined) query.where("created_at", "<", filter.createdTo);
  if (filter.url !== undefined) query.whereRaw("LOWER(url) LIKE ? ESCAPE '!'", [contains(filter.url)]);
  if (filter.q !== undefined) {
    const part = contains(filter.q);
    query.whereRaw("(LOWER(request_param) LIKE ? ESCAPE '!' OR LOWER(body) LIKE ? ESCAPE '!')", [part, part]);
  }
  if (cursor !== null) {
    const [time, id] = readCursor(cursor);
    // The first condition is the one that an index can use.
    query.where(column, `${beyond}=`, time);
    query.whereRaw(`(${column} ${beyond} ? OR task_id ${beyond} ?)`, [time, id]);
  }
  const rows = (await reading(query)).map(taskFromRow);
  const items = rows.slice(0, limit);
  const last = items.at(-1);
  return { items, nextCursor: rows.length > limit && last ? cursorOf(timeOf(last), last.taskId) : null };
}

const ORDERS = {
  created: {
    column: "created_at",
    direction: "desc",
    beyond: "<",
    timeOf: (task: StoredTask) => task.createdAt,
  },
  due: {
    column: "next_call_at",
    direction: "asc",
    beyond: ">",
    timeOf: (task: StoredTask) => task.nextCallAt as EpochMs,
  },
} as const;

/** Case makes no difference (of ASCII letters, on SQLite). */
const contains = (part: string): string => `%${part.toLowerCase().replace(/[!%_]/g, "!$&")}%`;

const cursorOf = (time: EpochMs, taskId: TaskId): string =>
  Buffer.from(`${time}.${taskId}`).toString("base64url");

function readCursor(cursor: string): [time: number, id: Buffer] {
  const [time = "", id = ""] = Buffer.from(cursor, "base64url").toString().split(".");
  const taskId = parseTaskId(id);
  if (!/^\d{1,15}$/.test(time) || taskId === null) {
    const errors = [{ field: "cursor", message: "must be a nextCursor of an earlier page" }];
    throw new BidaError("invalid_query", undefined, { errors });
  }
  return [epochMs(Number(time)), taskIdToBytes(taskId)];
}
