/** Reading tasks and attempts. */
import type { EpochMs } from "../core/clock.ts";
import { BidaError } from "../core/errors.ts";
import { type Lane, type TaskId, taskIdToBytes } from "../core/ids.ts";
import type { StoredState } from "../core/task.ts";
import type { Database } from "./database.ts";
import { reading } from "./failures.ts";
import { type StoredTask, stateCode, taskFromRow } from "./rows.ts";
import { type Scope, scoped } from "./scope.ts";
import { placeholders } from "./sql.ts";
import {
  whereContains,
  whereExactly,
  wherePayloadContains,
  whereSeenPayloadContains,
  whereSeenUrlContains,
} from "./text-match.ts";

/** Filters of a list; all that are given must hold. */
export interface TaskFilter {
  states?: StoredState[] | undefined;
  /** Of pending tasks, only those that are leased (`wanted`), or only those that are not. */
  pendingLease?: { leased: TaskId[]; wanted: boolean } | undefined;
  sourceAppName?: string | undefined;
  targetAppName?: string | undefined;
  /** Handed over by one of these apps. */
  appIds?: number[] | undefined;
  /** Part of the URL that is called. */
  url?: string | undefined;
  q?: string | undefined;
  /** Of the last error: one of these. */
  errorCodes?: string[] | undefined;
  /** Of the last answer: in one of these ranges, ends included. */
  statuses?: [from: number, to: number][] | undefined;
  orderKey?: string | undefined;
  businessKey?: string | undefined;
  createdFrom?: number | undefined;
  createdTo?: number | undefined;
  finishedFrom?: number | undefined;
  finishedTo?: number | undefined;
  /** `url` and `q` look at what is not masked only. */
  masked?: boolean | undefined;
  /** All to one target origin. */
  lane?: Lane | undefined;
  /** All of one incident. */
  incident?: number | undefined;
  /** Created by then and, if ended, ended by then. */
  asOf?: EpochMs | undefined;
}

/** @throws BidaError not_found, also where it exists but not for `scope` */
export async function findTask(db: Database, scope: Scope, taskId: TaskId): Promise<StoredTask> {
  const row = await reading(scoped(db, scope).findById(taskIdToBytes(taskId) as never));
  if (!row) throw new BidaError("not_found", "No such task");
  return taskFromRow(row, db.sealing);
}

/** Tasks by id, in no order; those that are gone are missing. */
export async function findTasks(db: Database, scope: Scope, ids: TaskId[]): Promise<StoredTask[]> {
  const rows = await reading(scoped(db, scope).whereIn("task_id", ids.map(taskIdToBytes)));
  return rows.map((row) => taskFromRow(row, db.sealing));
}

/** As {@link findTasks} for the engine itself, by the thousand: what was claimed from the due set. */
export async function claimedTasks(db: Database, ids: TaskId[]): Promise<StoredTask[]> {
  if (ids.length === 0) return [];
  const rows = await reading(db.driver.tasksById(ids));
  return rows.map((row) => taskFromRow(row, db.sealing));
}

/** The tasks that a filter finds. */
export function matching(db: Database, scope: Scope, filter: TaskFilter): ReturnType<typeof scoped> {
  const query = scoped(db, scope);
  if (filter.states) whereState(query, filter);
  if (filter.pendingLease) {
    const { leased, wanted } = filter.pendingLease;
    const keys = leased.map(taskIdToBytes);
    // Said plainly where only pending tasks are meant: then the key finds those that are leased.
    if (filter.states?.every((state) => state === "pending")) {
      if (wanted) query.whereIn("task_id", keys);
      else query.whereNotIn("task_id", keys);
    } else {
      query.where((either) =>
        either
          .whereNot("state", stateCode("pending"))
          .orWhere((pending) =>
            wanted ? pending.whereIn("task_id", keys) : pending.whereNotIn("task_id", keys),
          ),
      );
    }
  }
  if (filter.sourceAppName !== undefined) whereExactly(db, query, "source_app_name", filter.sourceAppName);
  if (filter.targetAppName !== undefined) whereExactly(db, query, "target_app_name", filter.targetAppName);
  if (filter.orderKey !== undefined) whereExactly(db, query, "order_key", filter.orderKey);
  if (filter.businessKey !== undefined) whereExactly(db, query, "business_key", filter.businessKey);
  if (filter.appIds) query.whereIn("app_id", filter.appIds);
  if (filter.errorCodes) query.whereIn("last_error_code", filter.errorCodes);
  if (filter.statuses) whereAnswered(query, filter.statuses);
  if (filter.finishedFrom !== undefined) query.where("finished_at", ">=", filter.finishedFrom);
  if (filter.finishedTo !== undefined) query.where("finished_at", "<", filter.finishedTo);
  if (filter.createdFrom !== undefined) query.where("created_at", ">=", filter.createdFrom);
  if (filter.createdTo !== undefined) query.where("created_at", "<", filter.createdTo);
  if (filter.lane !== undefined) query.where("lane", filter.lane);
  if (filter.incident !== undefined) {
    const tasks = db.knex("incident_tasks").select("task_id").where("incident_id", filter.incident);
    query.whereIn("task_id", tasks);
  }
  if (filter.asOf !== undefined) {
    query.where("created_at", "<=", filter.asOf);
    query.whereRaw("(finished_at IS NULL OR finished_at <= ?)", [filter.asOf]);
  }
  const { url, q, masked } = filter;
  if (url !== undefined)
    masked
      ? whereSeenUrlContains(db, query, url)
      : whereContains(db, query, "COALESCE(called_url, url)", url);
  if (q !== undefined) masked ? whereSeenPayloadContains(db, query, q) : wherePayloadContains(db, query, q);
  return query;
}

/** With a key, SQLite would go by the state, of which there are many more: the sign keeps it from that, and means nothing else. */
function whereState(query: ReturnType<typeof scoped>, filter: TaskFilter): void {
  const codes = filter.states?.map(stateCode) ?? [];
  const isKeyed = filter.orderKey !== undefined || filter.businessKey !== undefined;
  if (isKeyed && codes.length > 0) query.whereRaw(`+state IN ${placeholders(codes.length)}`, codes);
  else query.whereIn("state", codes);
}

/**
 * By the last attempt, which stands under a key that the row names. A value and not `EXISTS`: of that MariaDB makes a search
 * through all attempts.
 */
function whereAnswered(query: ReturnType<typeof scoped>, ranges: [from: number, to: number][]): void {
  const last =
    "(SELECT a.status_code FROM attempts a WHERE a.task_id = tasks.task_id AND a.n = tasks.call_count)";
  const any = ranges.map(() => `${last} BETWEEN ? AND ?`).join(" OR ");
  query.whereRaw(ranges.length === 0 ? "1 = 0" : `(${any})`, ranges.flat());
}
