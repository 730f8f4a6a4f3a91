/**
 * The most usual record of all, in one round trip: calls that succeeded. Nothing has to be read for it: what becomes of such
 * a task is known, unless it has a line or is an alarm's. A guard in the middle of the text ends it where a row says
 * otherwise (the task was canceled, or another holder's record came first); then nothing is written, and the general way
 * decides.
 */
import { ALARM_APP_ID } from "../core/alarm/alarm.ts";
import type { EpochMs } from "../core/clock.ts";
import { taskIdToBytes } from "../core/ids.ts";
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

/** A call that succeeded, and whose end sets nothing else going. */
export type PlainSuccess = Outcome & { attempt: AttemptRecord };

/** Whether {@link recordSuccesses} may be tried for it. Without its `target` the log would not say who was called. */
export const isPlainSuccess = (outcome: Outcome): outcome is PlainSuccess =>
  outcome.attempt?.outcome === "succeeded" &&
  outcome.ordered !== true &&
  outcome.app !== ALARM_APP_ID &&
  outcome.target !== undefined;

/**
 * @param outcomes at least one, each of another task; rows that expect another attempt are refused as a whole
 * @returns whether all are on record; otherwise none is
 * @throws BidaError unavailable
 */
export async function recordSuccesses(
  db: Database,
  outcomes: PlainSuccess[],
  now: EpochMs,
): Promise<boolean> {
  const { commitGuarded } = db.driver;
  if (commitGuarded === null) return false;
  const rows = outcomes.map(({ taskId, attempt }) => attemptToRow(taskId, attempt, db.sealing));
  const attempts = { table: "attempts", columns: ATTEMPT_COLUMNS, rows };
  const [update, delta] = [updateOf(outcomes, now), deltaOf(now, tallyOf(outcomes))];
  try {
    return await withRetries(() => commitGuarded(update, outcomes.length, [attempts, delta]));
  } catch (error) {
    if (isDuplicate(error)) return false;
    throw error;
  }
}

function tallyOf(outcomes: PlainSuccess[]): Tally {
  const tally = new Tally();
  for (const { app, lane, attempt } of outcomes) {
    tally.attempt(app, lane, attempt);
    tally.transition({ appId: app, lane, from: "pending", to: "succeeded" });
  }
  return tally;
}

/**
 * The fence: attempt n is written where `call_count` is n − 1. Locks rows in one order for everyone, as `locking.ts` does: the
 * key's order is the order of an update by key, also of several lists of keys.
 */
function updateOf(outcomes: PlainSuccess[], now: EpochMs): Statement {
  const calls = [...Map.groupBy(outcomes, ({ n }) => n)];
  const cases = calls.map(([, some]) => `(call_count = ? AND task_id IN ${placeholders(some.length)})`);
  return {
    text: `UPDATE tasks FORCE INDEX (PRIMARY) SET state = ?, call_count = call_count + 1, next_call_at = NULL, finished_at = ?,
       updated_at = ?, last_error_code = NULL, last_error_message = NULL
     WHERE (${cases.join(" OR ")}) AND state = ? AND order_key IS NULL AND app_id <> ?`,
    values: [
      stateCode("succeeded"),
      now,
      now,
      ...calls.flatMap(([n, some]) => [
        n - 1,
        ...some.map(({ taskId }) => taskIdToBytes(taskId)).sort(Buffer.compare),
      ]),
      stateCode("pending"),
      ALARM_APP_ID,
    ],
  };
}
