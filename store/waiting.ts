/** Open tasks by due time: what the reconciler compares the due set with. */
import type { EpochMs } from "../core/clock.ts";
import { type Lane, type TaskId, taskIdFromBytes, taskIdToBytes } from "../core/ids.ts";
import type { Database } from "./database.ts";
import { translated } from "./failures.ts";
import { stateCode } from "./rows.ts";

/** The part of an open task that tells its place in the due set. */
export interface WaitingTask {
  taskId: TaskId;
  lane: Lane;
  callCount: number;
  nextCallAt: EpochMs;
}

/** Where a scan stands: behind this row. */
export type ScanPosition = Pick<WaitingTask, "nextCallAt" | "taskId">;

/** Up to `limit` open tasks due before `until`, earliest first, behind `after`. */
export async function scanWaiting(
  db: Database,
  until: EpochMs,
  after: ScanPosition | null,
  limit: number,
): Promise<WaitingTask[]> {
  const query = db
    .knex("tasks")
    .select("task_id", "lane", "call_count", "next_call_at")
    .where("state", stateCode("pending"))
    .where("next_call_at", "<", until)
    .orderBy([{ column: "next_call_at" }, { column: "task_id" }])
    .limit(limit);
  if (after !== null) {
    query
      .where("next_call_at", ">=", after.nextCallAt)
      .whereNot((same) =>
        same.where("next_call_at", after.nextCallAt).where("task_id", "<=", taskIdToBytes(after.taskId)),
      );
  }
  try {
    const rows = await query;
    return rows.map((row) => ({
      taskId: taskIdFromBytes(row.task_id),
      lane: row.lane,
      callCount: row.call_count,
      nextCallAt: row.next_call_at,
    }));
  } catch (error) {
    throw translated(error);
  }
}
