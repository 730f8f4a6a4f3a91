/** Reading tasks and attempts. */
import type { EpochMs } from "../core/clock.ts";
import { BidaError } from "../core/errors.ts";
import { type Lane, type TaskId, taskIdToBytes } from "../core/ids.ts";
import type { StoredState } from "../core/task.ts";
import type { Database } from "./database.ts";
import { reading } from "./failures.ts";
import { type StoredTask, stateCode, taskFromRow } from "./rows.ts";
import { type Scope, scoped } from "./scope.ts";
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
  url?: string | undefined;
  q?: string | undefined;
  createdFrom?: number | undefined;
  createdTo?: number | undefined;
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

/** The tasks that a filter finds. */
export function matching(db: Database, scope: Scope, filter: TaskFilter): ReturnType<typeof scoped> {
  const query = scoped(db, scope);
  if (filter.states) query.whereIn("state", filter.states.map(stateCode));
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
  if (url !== undefined) masked ? whereSeenUrlContains(db, query, url) : whereContains(db, query, "url", url);
  if (q !== undefined) masked ? whereSeenPayloadContains(db, query, q) : wherePayloadContains(db, query, q);
  return query;
}
