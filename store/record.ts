/**
 * Recording: the attempts of a batch and the next state of their tasks, in one transaction.
 *
 * The fence: attempt n is written only where `call_count` is n − 1, under the row's lock. Whoever comes second with
 * the same n (a node that lost its lease) changes nothing and learns what the row says now.
 */
import type { Knex } from "knex";
import type { Clock, EpochMs } from "../core/clock.ts";
import { type TaskId, taskIdToBytes } from "../core/ids.ts";
import type { Outcome } from "../core/job.ts";
import { Tally } from "../core/stats.ts";
import { afterAttempt, afterExpiry, type Progress } from "../core/task.ts";
import { recordAlarms } from "./alarms.ts";
import type { Database } from "./database.ts";
import { transactionWithLines } from "./lines.ts";
import { lockTasks } from "./locking.ts";
import { ATTEMPT_COLUMNS, attemptToRow, type StoredTask, stateCode } from "./rows.ts";
import { insertMany, placeholders } from "./sql.ts";
import { countTally } from "./stats/count.ts";

/** What became of one outcome. `task` is the row after the transaction; null where the task is gone (pruned). */
export interface Recorded {
  outcome: Outcome;
  /** False: another node's record of this attempt stands, and this one was dropped. */
  written: boolean;
  task: StoredTask | null;
  /** The next of its line, which the end of this task let go: it is to be added to the due set. */
  released: StoredTask | null;
}

/**
 * @param random a number in [0, 1) per call, for jitter
 * @returns one result per outcome, in order
 * @throws BidaError unavailable where the database is gone (then nothing was recorded)
 */
export async function recordOutcomes(
  db: Database,
  outcomes: Outcome[],
  clock: Clock,
  random: () => number,
): Promise<Recorded[]> {
  return transactionWithLines(db, async (trx, lines) => {
    const now = clock.now();
    const tasks = await lockTasks(db, trx, [...new Set(outcomes.map(({ taskId }) => taskId))]);
    const before = new Map(tasks);
    const tally = new Tally();
    const results = outcomes.map((outcome) => judgeOutcome(tasks, outcome, clock, now, random, tally));
    const attempts = results.flatMap(({ written, outcome }) =>
      written && outcome.attempt ? [attemptToRow(outcome.taskId, outcome.attempt)] : [],
    );
    const written = results.filter((result) => result.written).map(({ outcome }) => outcome.taskId);
    const changed = new Set(written);
    const changes = await lines.prepare(
      Array.from(changed, (id) => ({
        before: before.get(id) as StoredTask,
        after: tasks.get(id) as StoredTask,
      })),
    );
    for (const { after } of changes) tasks.set(after.taskId, after);
    await insertMany(trx, "attempts", ATTEMPT_COLUMNS, attempts);
    await updateProgress(
      trx,
      changes.map(({ after }) => after),
      written.length > changed.size,
      now,
    );
    await countTally(trx, now, tally);
    await recordAlarms(trx, before, tasks, results, now);
    const released = await lines.release(changes, now);
    return results.map((result) => ({
      ...result,
      task: tasks.get(result.outcome.taskId) ?? null,
      released: released.get(result.outcome.taskId) ?? null,
    }));
  });
}

/** Applies one outcome to the locked tasks, in memory, and counts it. */
function judgeOutcome(
  tasks: Map<TaskId, StoredTask>,
  outcome: Outcome,
  clock: Clock,
  now: EpochMs,
  random: () => number,
  tally: Tally,
): Omit<Recorded, "task" | "released"> {
  const task = tasks.get(outcome.taskId);
  // An expiry uses up no number: reported twice, or of a task that has ended meanwhile, it changes nothing.
  const stale = outcome.attempt === null && task?.state !== "pending";
  if (!task || stale || outcome.n !== task.callCount + 1) return { outcome, written: false };
  const next = outcome.attempt
    ? afterAttempt(task, outcome.attempt, clock, random())
    : afterExpiry(task, now);
  tasks.set(task.taskId, { ...task, ...next, updatedAt: now });
  const { appId, lane } = task;
  if (outcome.attempt) tally.attempt(appId, lane, outcome.attempt);
  tally.transition({ appId, lane, from: task.state, to: next.state });
  return { outcome, written: true };
}

/**
 * Writes the new progress of many tasks. Successes differ in nothing but their key and share one statement; the rest
 * share another with a CASE per column. (An upsert would need every column of the row; one UPDATE per row was
 * 6 times slower in batches of 100.)
 */
async function updateProgress(
  trx: Knex,
  tasks: StoredTask[],
  severalEach: boolean,
  now: EpochMs,
): Promise<void> {
  // Where a task has two records in one batch its count grows by two.
  const delivered = severalEach ? [] : tasks.filter((task) => task.state === "succeeded");
  const others = tasks.filter((task) => !delivered.includes(task));
  if (delivered.length > 0) {
    await trx.raw(
      `UPDATE tasks SET state = ?, call_count = call_count + 1, next_call_at = NULL, finished_at = ?, updated_at = ?,
         last_error_code = NULL, last_error_message = NULL
       WHERE task_id IN ${placeholders(delivered.length)}`,
      [stateCode("succeeded"), now, now, ...delivered.map(({ taskId }) => taskIdToBytes(taskId))],
    );
  }
  if (others.length > 0) {
    const keys = others.map(({ taskId }) => taskIdToBytes(taskId));
    const cases = PROGRESS.map(
      ([column]) => `${column} = CASE task_id ${"WHEN ? THEN ? ".repeat(keys.length)}END`,
    );
    await trx.raw(
      `UPDATE tasks SET updated_at = ?, ${cases.join(", ")} WHERE task_id IN ${placeholders(keys.length)}`,
      [
        now,
        ...PROGRESS.flatMap(([, value]) => others.flatMap((task, i) => [keys[i], value(task)])),
        ...keys,
      ] as never[],
    );
  }
}

/** The columns of {@link Progress} and how to fill them. */
export const PROGRESS: [column: string, value: (progress: Progress) => unknown][] = [
  ["state", ({ state }) => stateCode(state)],
  ["call_count", ({ callCount }) => callCount],
  ["manual_calls", ({ manualCalls }) => manualCalls],
  ["next_call_at", ({ nextCallAt }) => nextCallAt],
  ["finished_at", ({ finishedAt }) => finishedAt],
  ["last_error_code", ({ lastError }) => lastError?.code ?? null],
  ["last_error_message", ({ lastError }) => lastError?.message.slice(0, 500) ?? null],
];
