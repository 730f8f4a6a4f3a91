/** Open tasks by due time: what the reconciler compares the due set with. */
import type { EpochMs } from "../core/clock.ts";
import { taskIdFromBytes, taskIdToBytes } from "../core/ids.ts";
import type { DueEntry } from "../core/job.ts";
import type { Database } from "./database.ts";
import { translated } from "./failures.ts";
import { stateCode } from "./rows.ts";

/** The places of up to `limit` open tasks due before `until`, earliest first, behind `after`. */
export async function scanWaiting(
  db: Database,
  until: EpochMs,
  after: DueEntry | null,
  limit: number,
): Promise<DueEntry[]> {
  const query = db
    .knex("tasks")
    .select("task_id", "lane", "app_id", "call_count", "next_call_at")
    .where("state", stateCode("pending"))
    .where("next_call_at", "<", until)
    .orderBy([{ column: "next_call_at" }, { column: "task_id" }])
    .limit(limit);
  if (after !== null) {
    query
      .where("next_call_at", ">=", after.dueAt)
      .whereNot((seen) =>
        seen.where("next_call_at", after.dueAt).where("task_id", "<=", taskIdToBytes(after.taskId)),
      );
  }
  try {
    const rows = await query;
    return rows.map((row) => ({
      taskId: taskIdFromBytes(row.task_id),
      lane: row.lane,
      app: row.app_id,
      first: row.call_count === 0,
      dueAt: row.next_call_at,
    }));
  } catch (error) {
    throw translated(error);
  }
}
