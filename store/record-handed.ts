/**
 * The most usual record of all, in one round trip: first calls that succeeded, of tasks whose row was their lease. Nothing
 * has to be read for it: such a task has no line and no alarm, and what becomes of it is known. A guard in the middle of
 * the text ends it where a row says otherwise (the task was canceled, or another holder's record came first); then
 * nothing is written, and the general way decides.
 */
import type { EpochMs } from "../core/clock.ts";
import { type TaskId, taskIdToBytes } from "../core/ids.ts";
import type { Outcome } from "../core/job.ts";
import type { AttemptRecord } from "../core/outcome.ts";
import { Tally } from "../core/stats.ts";
import { ATTEMPT_COLUMNS, attemptToRow } from "./attempt-rows.ts";
import type { Database } from "./database.ts";
import type { Statement } from "./drivers/statement.ts";
import { isDuplicate, withRetries } from "./failures.ts";
import { stateCode } from "./rows.ts";
import { placeholders } from "./sql.ts";
import { deltaOf } from "./stats/count.ts";

/** A first call that succeeded. */
export type HandedSuccess = Outcome & { attempt: AttemptRecord; handed: true };

/** Whether {@link recordHanded} may be tried for it. */
export const isHandedSuccess = (outcome: Outcome): outcome is HandedSuccess =>
  outcome.handed === true && outcome.n === 1 && outcome.attempt?.outcome === "succeeded";

/**
 * @param outcomes at least one, each of another task; rows that expect another attempt are refused as a whole
 * @returns whether all are on record; otherwise none is
 * @throws BidaError unavailable
 */
export async function recordHanded(db: Database, outcomes: HandedSuccess[], now: EpochMs): Promise<boolean> {
  const { commitGuarded } = db.driver;
  if (commitGuarded === null) return false;
  const ids = outcomes.map(({ taskId }) => taskId);
  const rows = outcomes.map(({ taskId, attempt }) => attemptToRow(taskId, attempt, db.sealing));
  const attempts = { table: "attempts", columns: ATTEMPT_COLUMNS, rows };
  const [update, delta] = [updateOf(ids, now), deltaOf(now, tallyOf(outcomes))];
  try {
    return await withRetries(() => commitGuarded(update, ids.length, [attempts, delta]));
  } catch (error) {
    if (isDuplicate(error)) return false;
    throw error;
  }
}

function tallyOf(outcomes: HandedSuccess[]): Tally {
  const tally = new Tally();
  for (const { app, lane, attempt } of outcomes) {
    tally.attempt(app, lane, attempt);
    tally.transition({ appId: app, lane, from: "pending", to: "succeeded" });
  }
  return tally;
}

/** Locks rows in one order for everyone, as `locking.ts` does: the key's order is the order of an update by key. */
function updateOf(ids: TaskId[], now: EpochMs): Statement {
  return {
    text: `UPDATE tasks FORCE INDEX (PRIMARY) SET state = ?, call_count = 1, next_call_at = NULL, finished_at = ?, updated_at = ?,
       last_error_code = NULL, last_error_message = NULL
     WHERE task_id IN ${placeholders(ids.length)} AND state = ? AND call_count = 0 AND order_key IS NULL`,
    values: [
      stateCode("succeeded"),
      now,
      now,
      ...ids.map(taskIdToBytes).sort(Buffer.compare),
      stateCode("pending"),
    ],
  };
}
