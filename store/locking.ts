/** Locking tasks by key. */
import type { Knex } from "knex";
import { type TaskId, taskIdToBytes } from "../core/ids.ts";
import type { Database, Texts } from "./drivers/driver.ts";
import type { Statement } from "./drivers/statement.ts";
import { LOCKED_COLUMNS, type LockedTask, lockedById } from "./rows.ts";
import { placeholders } from "./sql.ts";

/** Locks rows in one order for everyone, so batches wait for each other instead of deadlocking. */
export function lockStatement(driver: Texts, ids: TaskId[], wait: "wait" | "nowait"): Statement {
  const keys = ids.map(taskIdToBytes).sort(Buffer.compare);
  const lock = driver.forUpdate("task_id", wait);
  return {
    text: `SELECT ${LOCKED_COLUMNS} FROM tasks WHERE task_id IN ${placeholders(keys.length)} ${lock}`,
    values: keys,
  };
}

/**
 * {@link lockStatement}, in a transaction of Knex's.
 * @param wait `nowait`: fails at once where another transaction holds one of them
 * @returns the tasks; those that do not exist are missing
 */
export async function lockTasks(
  { driver }: Database,
  trx: Knex,
  ids: TaskId[],
  wait: "wait" | "nowait" = "wait",
): Promise<Map<TaskId, LockedTask>> {
  const { text, values } = lockStatement(driver, ids, wait);
  return lockedById(driver.rowsOf(await trx.raw(text, values as Knex.RawBinding[])));
}
