/** Changes by hand: one task's row is locked, a rule of `core/task.ts` decides, the row is written. */
import type { EpochMs } from "../core/clock.ts";
import { BidaError } from "../core/errors.ts";
import { type TaskId, taskIdToBytes } from "../core/ids.ts";
import type { Limits, Progress } from "../core/task.ts";
import type { Database } from "./database.ts";
import { type Change, transactionWithLines } from "./lines.ts";
import { PROGRESS } from "./progress.ts";
import { type LockedTask, type StoredTask, taskFromRow } from "./rows.ts";
import { type Scope, scoped } from "./scope.ts";
import { countTransitions } from "./stats/count.ts";

/**
 * @param rule gets the task as it is under the lock, and says what it becomes
 * @param told is called in the same transaction once the row is written: for the audit log
 * @returns the task before and after (which may be held, see `lines.ts`), and the one that its end let go
 * @throws BidaError not_found; whatever `rule` throws, and then nothing was changed
 */
export async function changeTask(
  db: Database,
  scope: Scope,
  taskId: TaskId,
  now: EpochMs,
  rule: (task: StoredTask) => Progress & Partial<Pick<Limits, "expiresAt">>,
  told?: (within: Database, change: Change<StoredTask>) => Promise<void>,
): Promise<Change<StoredTask> & { released: LockedTask | null }> {
  return transactionWithLines(db, async (trx, lines) => {
    const within = { ...db, knex: trx };
    const row = await scoped(within, scope)
      .findById(taskIdToBytes(taskId) as never)
      .forUpdate();
    if (!row) throw new BidaError("not_found", "No such task");
    const before = taskFromRow(row, db.sealing);
    const changes = await lines.prepare([{ before, after: { ...before, ...rule(before), updatedAt: now } }]);
    const { after } = changes[0] as Change<StoredTask>;
    await trx("tasks")
      .where("task_id", taskIdToBytes(taskId))
      .update({
        ...Object.fromEntries(PROGRESS.map(([column, value]) => [column, value(after)])),
        expires_at: after.expiresAt,
        updated_at: now,
      });
    const released = await lines.release(changes, now);
    const { appId, lane } = before;
    await countTransitions(trx, now, [{ appId, lane, from: before.state, to: after.state }]);
    await told?.(within, { before, after });
    return { before, after, released: released.get(taskId) ?? null };
  });
}
