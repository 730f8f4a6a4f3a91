/** Which task is a copy of which. Beside the tasks: few are copies, and all of them are read and written often. */
import { type TaskId, taskIdFromBytes, taskIdToBytes } from "../core/ids.ts";
import type { Database } from "./database.ts";
import { reading } from "./failures.ts";
import type { Row } from "./rows.ts";

/** In the transaction that stores the copy. */
export async function linkResend(within: Database, taskId: TaskId, original: TaskId): Promise<void> {
  await within
    .knex("task_resends")
    .insert({ task_id: taskIdToBytes(taskId), resend_of: taskIdToBytes(original) });
}

/** The task that this one is a copy of; it may be pruned. Null where it is none. */
export async function originalOf(db: Database, taskId: TaskId): Promise<TaskId | null> {
  const [row] = await reading<Row[]>(db.knex("task_resends").where("task_id", taskIdToBytes(taskId)));
  return row ? taskIdFromBytes(row.resend_of as Buffer) : null;
}

/** Copies that a task's page can name. */
const MOST_COPIES = 20;

/** The newest copies of a task that are not pruned. */
export async function copiesOf(db: Database, taskId: TaskId): Promise<TaskId[]> {
  const rows = await reading<Row[]>(
    db
      .knex("task_resends")
      .select("task_id")
      .where("resend_of", taskIdToBytes(taskId))
      .orderBy("task_id", "desc")
      .limit(MOST_COPIES),
  );
  return rows.map((row) => taskIdFromBytes(row.task_id as Buffer));
}
