/** Changes by hand: one task's row is locked, a rule of `core/task.ts` decides, the row is written. */
import type { Knex } from "knex";
import type { EpochMs } from "../core/clock.ts";
import { BidaError } from "../core/errors.ts";
import { type TaskId, taskIdToBytes } from "../core/ids.ts";
import type { Limits, Progress } from "../core/task.ts";
import type { Database } from "./database.ts";
import { transaction } from "./failures.ts";
import { PROGRESS } from "./record.ts";
import { type StoredTask, taskFromRow } from "./rows.ts";
import { type Scope, scoped } from "./scope.ts";
import { countTransitions } from "./stats/count.ts";

/**
 * @param rule gets the task as it is under the lock, and says what it becomes
 * @param told is called in the same transaction once the row is written: for the audit log
 * @returns the task before and after
 * @throws BidaError not_found; whatever `rule` throws, and then nothing was changed
 */
export async function changeTask(
  db: Database,
  scope: Scope,
  taskId: TaskId,
  now: EpochMs,
  rule: (task: StoredTask) => Progress & Partial<Pick<Limits, "expiresAt">>,
  told?: (within: Database, change: TaskChange) => Promise<void>,
): Promise<TaskChange> {
  return transaction(db, async (within) => {
    const row = await scoped(within, scope)
      .findById(taskIdToBytes(taskId) as never)
      .forUpdate();
    if (!row) throw new BidaError("not_found", "No such task");
    const before = taskFromRow(row);
    const after = { ...before, ...rule(before), updatedAt: now };
    await within
      .knex("tasks")
      .where("task_id", taskIdToBytes(taskId))
      .update({
        ...Object.fromEntries(PROGRESS.map(([column, value]) => [column, value(after)])),
        expires_at: after.expiresAt,
        updated_at: now,
      });
    const { appId, lane } = before;
    await countTransitions(within.knex as Knex.Transaction, now, [
      { appId, lane, from: before.state, to: after.state },
    ]);
    await told?.(within, { before, after });
    return { before, after };
  });
}

export interface TaskChange {
  before: StoredTask;
  after: StoredTask;
}
