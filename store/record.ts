/**
 * Recording: the attempts of a batch and the next state of their tasks, in one transaction.
 *
 * The fence: attempt n is written only where `call_count` is n − 1, under the row's lock. Anyone who comes second with
 * the same n (a node that lost its lease) changes nothing and learns what the row says now.
 */
import type { Clock, EpochMs } from "../core/clock.ts";
import type { TaskId } from "../core/ids.ts";
import type { Outcome } from "../core/job.ts";
import { Tally } from "../core/stats.ts";
import { afterAttempt, afterExpiry } from "../core/task.ts";
import { raisesAlarm, recordAlarms } from "./alarms.ts";
import { ATTEMPT_COLUMNS, attemptToRow } from "./attempt-rows.ts";
import type { Database } from "./database.ts";
import { withRetries } from "./failures.ts";
import { type Change, changesLine, transactionWithLines } from "./lines.ts";
import { lockTasks } from "./locking.ts";
import { type Plan, updateProgress } from "./progress.ts";
import { isPlainSuccess, type PlainSuccess, recordSuccesses } from "./record-successes.ts";
import type { LockedTask } from "./rows.ts";
import { insertMany } from "./sql.ts";
import { deltaOf } from "./stats/count.ts";

/** What became of one outcome. `task` is the row after the transaction; null where the task is gone (pruned). */
export interface Recorded {
  outcome: Outcome;
  /** False: another node's record of this attempt stands, and this one was dropped. */
  written: boolean;
  task: LockedTask | null;
  /** The next of its line, which the end of this task let go: it is to be added to the due set. */
  released: LockedTask | null;
  /** The call succeeded, and was recorded without a look at its row: `task` is null. */
  unread?: true;
}

/**
 * @param random a number in [0, 1) per call, for jitter
 * @param wantsTasks tasks are wanted as they are after the record, also of calls that succeeded
 * @returns one result per outcome, in order
 * @throws BidaError unavailable where the database is gone (then those that are not on record are to be recorded again)
 */
export async function recordOutcomes(
  db: Database,
  outcomes: Outcome[],
  clock: Clock,
  random: () => number,
  wantsTasks = false,
): Promise<Recorded[]> {
  const plain = wantsTasks || db.driver.commitGuarded === null ? [] : plainSuccesses(outcomes);
  if (plain.length === 0) return recordReading(db, outcomes, clock, random);
  const unread = new Set<Outcome>(plain);
  const others = outcomes.filter((outcome) => !unread.has(outcome));
  const [isDone, read] = await Promise.all([
    recordSuccesses(db, plain, clock.now()),
    others.length > 0 ? recordReading(db, others, clock, random) : ([] as Recorded[]),
  ]);
  if (!isDone) read.push(...(await recordReading(db, plain, clock, random)));
  const results = new Map(read.map((one) => [one.outcome, one]));
  return outcomes.map(
    (outcome) => results.get(outcome) ?? { outcome, written: true, task: null, released: null, unread: true },
  );
}

/** Those whose tasks have no other outcome beside them. */
function plainSuccesses(outcomes: Outcome[]): PlainSuccess[] {
  const counts = new Map<TaskId, number>();
  for (const { taskId } of outcomes) counts.set(taskId, (counts.get(taskId) ?? 0) + 1);
  return outcomes.filter(isPlainSuccess).filter(({ taskId }) => counts.get(taskId) === 1);
}

/** The rows decide what becomes of the outcomes. */
async function recordReading(
  db: Database,
  outcomes: Outcome[],
  clock: Clock,
  random: () => number,
): Promise<Recorded[]> {
  const ids = [...new Set(outcomes.map(({ taskId }) => taskId))];
  let recorded: Recorded[] = [];
  const isDone = await withRetries(() =>
    db.driver.commitPlan(ids, (tasks) => {
      const judged = judgeAll(tasks, outcomes, clock, random);
      recorded = resultsOf(judged, new Map());
      return judged.changes.some(({ before, after }) => changesLine({ before, after }) || raisesAlarm(after))
        ? null
        : planOf(db, judged);
    }),
  );
  return isDone ? recorded : recordWithLines(db, ids, outcomes, clock, random);
}

/** The general way: what the end of a task sets going is part of the transaction. */
function recordWithLines(
  db: Database,
  ids: TaskId[],
  outcomes: Outcome[],
  clock: Clock,
  random: () => number,
): Promise<Recorded[]> {
  return transactionWithLines(db, async (trx, lines) => {
    const judged = judgeAll(await lockTasks(db, trx, ids), outcomes, clock, random);
    const { before, tasks, now } = judged;
    const changes = await lines.prepare(judged.changes);
    for (const { after } of changes) tasks.set(after.taskId, after);
    const plan = planOf(db, { ...judged, changes });
    for (const { table, columns, rows } of plan.inserts) await insertMany(trx, table, columns, rows);
    await updateProgress(trx, plan);
    await recordAlarms(trx, before, tasks, judged.results, now);
    return resultsOf(judged, await lines.release(changes, now));
  });
}

/** What a batch makes of the locked tasks, in memory. */
interface Judged {
  now: EpochMs;
  before: Map<TaskId, LockedTask>;
  /** As they are after the batch. */
  tasks: Map<TaskId, LockedTask>;
  results: Omit<Recorded, "task" | "released">[];
  /** Of tasks that have a new record, each once. */
  changes: Change[];
  tally: Tally;
}

function judgeAll(
  before: Map<TaskId, LockedTask>,
  outcomes: Outcome[],
  clock: Clock,
  random: () => number,
): Judged {
  const now = clock.now();
  const [tasks, tally] = [new Map(before), new Tally()];
  const results = outcomes.map((outcome) => judgeOutcome(tasks, outcome, clock, now, random, tally));
  const changed = new Set(results.flatMap(({ written, outcome }) => (written ? outcome.taskId : [])));
  const changes = Array.from(changed, (id) => ({
    before: before.get(id) as LockedTask,
    after: tasks.get(id) as LockedTask,
  }));
  return { now, before, tasks, results, changes, tally };
}

function planOf(db: Database, { now, results, changes, tally }: Judged): Plan {
  const written = results.filter((result) => result.written);
  const rows = written.flatMap(({ outcome }) =>
    outcome.attempt ? [attemptToRow(outcome.taskId, outcome.attempt, db.sealing)] : [],
  );
  return {
    inserts: [{ table: "attempts", columns: ATTEMPT_COLUMNS, rows }, deltaOf(now, tally)],
    tasks: changes.map(({ after }) => after),
    severalEach: written.length > changes.length,
    now,
  };
}

const resultsOf = ({ results, tasks }: Judged, released: Map<TaskId, LockedTask>): Recorded[] =>
  results.map((result) => ({
    ...result,
    task: tasks.get(result.outcome.taskId) ?? null,
    released: released.get(result.outcome.taskId) ?? null,
  }));

/** Applies one outcome to the locked tasks, in memory, and counts it. */
function judgeOutcome(
  tasks: Map<TaskId, LockedTask>,
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
    ? afterAttempt(task, outcome.attempt, outcome.endedBy, clock, random())
    : afterExpiry(task, now);
  tasks.set(task.taskId, { ...task, ...next, updatedAt: now });
  const { appId, lane } = task;
  if (outcome.attempt) tally.attempt(appId, lane, outcome.attempt);
  tally.transition({ appId, lane, from: task.state, to: next.state });
  return { outcome, written: true };
}
