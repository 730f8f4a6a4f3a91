/** Locking tasks by key. */
import type { Knex } from "knex";
import { type TaskId, taskIdToBytes } from "../core/ids.ts";
import type { Statement } from "./connection.ts";
import type { Database } from "./database.ts";
import { type StoredTask, taskFromRow } from "./rows.ts";
import { placeholders, rowsOf } from "./sql.ts";

/** Without the payload, which recording does not need; `expect` says which failures end a task. */
export const LOCKED_COLUMNS = `task_id, app_id, state, call_count, manual_calls, limit_call_count, next_call_at, expires_at,
    created_at, updated_at, finished_at, lane, url, request_method, retry, timeout_ms, source_app_name, target_app_name,
    order_key, order_seq, source_ip, handed_until, last_error_code, last_error_message, expect,
    NULL AS request_param, NULL AS body, NULL AS body_base64, NULL AS content_type, NULL AS headers, NULL AS expect_result`;

/** Locks rows in one order for everyone, so that batches wait for each other instead of deadlocking. */
export function lockStatement(
  dialect: Database["dialect"],
  ids: TaskId[],
  wait: "wait" | "nowait",
): Statement {
  const keys = ids.map(taskIdToBytes).sort(Buffer.compare);
  const suffix = wait === "nowait" ? "NOWAIT" : "";
  const lock = dialect === "mysql" ? `ORDER BY task_id FOR UPDATE ${suffix}` : "";
  return {
    text: `SELECT ${LOCKED_COLUMNS} FROM tasks WHERE task_id IN ${placeholders(keys.length)} ${lock}`,
    values: keys,
  };
}

/**
 * {@link lockStatement}, in a transaction of Knex's.
 * @param wait `nowait`: fails at once where another transaction holds one of them
 * @returns the tasks without their payload; those that do not exist are missing
 */
export async function lockTasks(
  db: Database,
  trx: Knex,
  ids: TaskId[],
  wait: "wait" | "nowait" = "wait",
): Promise<Map<TaskId, StoredTask>> {
  const { text, values } = lockStatement(db.dialect, ids, wait);
  const answer = await trx.raw(text, values as Knex.RawBinding[]);
  return new Map(
    rowsOf(db, answer)
      .map((row) => taskFromRow(row))
      .map((task) => [task.taskId, task]),
  );
}
