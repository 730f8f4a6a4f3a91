/** Changes by hand: one task's row is locked, a rule of `core/task.ts` decides, the row is written. */
import type { EpochMs } from "../core/clock.ts";
import { BidaError } from "../core/errors.ts";
import { type TaskId, taskIdToBytes } from "../core/ids.ts";
import type { Limits, Progress } from "../core/task.ts";
import type { Database } from "./database.ts";
import { withRetries } from "./failures.ts";
import { PROGRESS } from "./record.ts";
import { type StoredTask, taskFromRow } from "./rows.ts";
import { type Scope, scoped } from "./scope.ts";
import { countTransitions } from "./stats/count.ts";

/**
 * @param rule gets the task as it is under the lock, and says what it becomes
 * @returns the task before and after
 * @throws BidaError not_found; whatever `rule` throws, and then nothing was changed
 */
export async function changeTask(
  db: Database,
  scope: Scope,
  taskId: TaskId,
  now: EpochMs,
  rule: (task: StoredTask) => Progress & Partial<Pick<Limits, "expiresAt">>,
): Promise<{ before: StoredTask; after: StoredTask }> {
  return withRetries(() =>
    db.knex.transaction(async (trx) => {
      const within = { ...db, knex: trx };
      const row = await scoped(within, scope)
        .findById(taskIdToBytes(taskId) as never)
        .forUpdate();
      if (!row) throw new BidaError("not_found", "No such task");
      const before = taskFromRow(row);
      const after = { ...before, ...rule(before), updatedAt: now };
      await trx("tasks")
        .where("task_id", taskIdToBytes(taskId))
        .update({
          ...Object.fromEntries(PROGRESS.map(([column, value]) => [column, value(after)])),
          expires_at: after.expiresAt,
          updated_at: now,
        });
      const { appId, lane } = before;
      await countTransitions(trx, now, [{ appId, lane, from: before.state, to: after.state }]);
      return { before, after };
    }),
  );
}
