/**
 * The verdict: callers, receiver and database are compared, each with what it saw itself.
 *
 * - Every id that a caller got is in the database, and every row was answered to its caller, unless that caller got no
 *   answer and did not repeat. No submission has two rows.
 * - Every task has ended. One is `exhausted` only with all its calls on record.
 * - Attempts of a task are recorded as 1…callCount, each once. What a record says of an answer is what the receiver
 *   answered to a call of that number.
 * - Every success is in the ledger: a call with the last number that the receiver answered with 200.
 * - Nothing was early: no first call before its time, no retry before the end of the call it repeats plus the schedule's
 *   pause, on the receiver's clock; a fault can excuse it that has the clock run ahead by which calls are due.
 * - A call that repeats a number needs a fault: one that excuses repetition, and that was in effect at some moment
 *   between the two calls' arrivals. A fault is in effect from its beginning until two leases and a second after its end.
 *   A call whose connection the receiver reset is the exception: on a kept connection it is made again at once, once.
 * - An attempt on record that the receiver knows nothing of needs a fault that excuses it: of what fails in Bida itself, or
 *   in the machine, nothing may be counted as the target's failure. Names that cannot be looked up are the target's.
 * - A task whose row was made unreadable is `exhausted` without a call. One that was accepted after the moment to which the
 *   database was set back leaves no trace there.
 * - Calls of one task do not overlap. Two do, if the second arrived while the first was open: not answered by the receiver,
 *   and its connection not closed. (A killed node's connections are closed by its machine in that moment.) An overlap
 *   needs a fault that excuses it, in effect at the second one's arrival.
 */
import { numberIn } from "./behaviour.ts";
import type { AttemptRow, TaskRow } from "./database.ts";
import type { Excuse, FaultRecord } from "./fault.ts";
import type { Submission } from "./load.ts";
import type { Ledger, LedgerCall } from "./receiver.ts";
import { delayAfter } from "./service.ts";

export interface Evidence {
  submissions: Submission[];
  ledger: Ledger;
  tasks: TaskRow[];
  attempts: AttemptRow[];
  faults: FaultRecord[];
  /** Tasks that were called before the database was set back to a moment before them. */
  undone: Set<string>;
  leaseMs: number;
}

export interface Violation {
  what: string;
  taskId: string | null;
  /** What was seen of the task: its ledger, its rows. */
  seen: string[];
}

export interface Verdict {
  violations: Violation[];
  accepted: number;
  delivered: number;
  exhausted: number;
  /** Accepted ids without a row, or that never ended. */
  lost: number;
  attempts: number;
  calls: number;
  /** Calls beyond the first under one number; all of them were excused unless a violation says otherwise. */
  duplicated: number;
  /** Calls that overlapped an earlier one; as above. */
  overlapping: number;
  /** Each of those. */
  excused: Excused[];
}

/** A call beyond the first, and the fault that excuses it; null: none does. */
export interface Excused {
  excuse: Excuse;
  fault: string | null;
}

/** Clocks are cut to whole ms at each end, in ms. */
const CUT = 3;

export function judge(evidence: Evidence): Verdict {
  const { submissions, ledger, tasks, attempts } = evidence;
  const rows = new Map(tasks.map((task) => [task.taskId, task]));
  const recorded = Map.groupBy(attempts, ({ taskId }) => taskId);
  const bySubmission = new Map(submissions.map((one) => [one.plan.k, one]));
  const violations: Violation[] = [];
  const accuse = (what: string, taskId: string | null) =>
    violations.push({ what, taskId, seen: taskId === null ? [] : seenOf(taskId, evidence) });

  checkIds(evidence, rows, accuse);
  let lost = 0;
  const excused: Excused[] = [];
  for (const { taskId, fate } of submissions)
    if (taskId !== null && fate !== "undone" && !rows.has(taskId)) lost += 1;
  for (const task of tasks) {
    const one = bySubmission.get(numberIn(task.url));
    const calls = ledger.calls(task.taskId);
    if (task.state === "pending") {
      lost += 1;
      accuse("has not ended", task.taskId);
    }
    if (one?.fate === "spoilt") {
      if (task.state !== "exhausted" || task.callCount > 0)
        accuse(`its row is unreadable, and it is ${task.state} after ${task.callCount} calls`, task.taskId);
      continue;
    }
    checkRecord(task, recorded.get(task.taskId) ?? [], calls, accuse);
    checkReached(task.taskId, recorded.get(task.taskId) ?? [], calls, one, evidence, accuse);
    if (one) checkEarly(one, calls, recorded.get(task.taskId) ?? [], evidence, accuse);
    excused.push(...checkRepeats(task.taskId, one?.plan, calls, evidence, accuse));
  }
  for (const [taskId] of ledger.tasks())
    if (!rows.has(taskId) && !evidence.undone.has(taskId)) accuse("was called, but has no row", taskId);

  const inState = (state: TaskRow["state"]) => tasks.filter((task) => task.state === state).length;
  return {
    violations,
    accepted: submissions.filter(({ taskId }) => taskId !== null).length,
    delivered: inState("succeeded"),
    exhausted: inState("exhausted"),
    lost,
    attempts: attempts.length,
    calls: ledger.size,
    duplicated: excused.filter(({ excuse }) => excuse === "repeat").length,
    overlapping: excused.filter(({ excuse }) => excuse === "overlap").length,
    excused,
  };
}

type Accuse = (what: string, taskId: string | null) => void;

function checkIds({ submissions, tasks }: Evidence, rows: Map<string, TaskRow>, accuse: Accuse): void {
  const byNumber = Map.groupBy(tasks, ({ url }) => numberIn(url));
  const ids = new Set<string>();
  for (const { plan, taskId, answeredAt, fate } of submissions) {
    const own = byNumber.get(plan.k) ?? [];
    byNumber.delete(plan.k);
    if (own.length > 1) accuse(`submission ${plan.k} has ${own.length} rows`, own[0]?.taskId ?? null);
    if (taskId === null) {
      if (plan.keyed || answeredAt === null) accuse(`submission ${plan.k} was never answered`, null);
      continue;
    }
    if (ids.has(taskId)) accuse("its id was given to two callers", taskId);
    ids.add(taskId);
    if (fate === "undone") continue;
    if (!rows.has(taskId)) accuse("was accepted, but has no row", taskId);
    else if (own[0]?.taskId !== taskId) accuse(`submission ${plan.k} was given another task's id`, taskId);
  }
  for (const [k, strangers] of byNumber) {
    accuse(`row of a submission ${k} that nobody made`, strangers[0]?.taskId ?? null);
  }
}

function checkRecord(task: TaskRow, attempts: AttemptRow[], calls: LedgerCall[], accuse: Accuse): void {
  const { taskId, state, callCount, limit } = task;
  const numbers = attempts.map(({ n }) => n);
  if (numbers.length !== new Set(numbers).size) accuse("an attempt is on record twice", taskId);
  const gapless = numbers.length === callCount && numbers.every((n, i) => n === i + 1);
  if (!gapless) accuse(`attempts on record: ${numbers.join(" ")}; callCount: ${callCount}`, taskId);
  for (const { n, status } of attempts) {
    if (status === null) continue;
    const answered = calls.some((call) => call.attempt === n && call.status === status);
    if (!answered)
      accuse(`attempt ${n} is on record with ${status}, which the receiver never answered`, taskId);
  }
  if (state === "succeeded" && !calls.some(({ attempt, status }) => attempt === callCount && status === 200))
    accuse("succeeded, but the receiver knows nothing of it", taskId);
  if (state === "exhausted" && callCount !== limit)
    accuse(`exhausted after ${callCount} of ${limit}`, taskId);
  if (state === "canceled" || state === "resolved") accuse(`is ${state}, which nobody asked for`, taskId);
}

/** What a name server's failure is on record as. */
const NAME_ERRORS = new Set(["dns", "connect_timeout", "timeout"]);

function checkReached(
  taskId: string,
  attempts: AttemptRow[],
  calls: LedgerCall[],
  one: Submission | undefined,
  evidence: Evidence,
  accuse: Accuse,
): void {
  const isNamed = one !== undefined && !/^http:\/\/[\d.]+(:|$)/.test(one.origin);
  for (const { n, error } of attempts) {
    if (calls.some(({ attempt }) => attempt === n)) continue;
    if (isNamed && one.isExtra && NAME_ERRORS.has(error ?? "")) continue;
    const from = Math.max(one?.startedAt ?? 0, ...calls.filter((c) => c.attempt < n).map(({ at }) => at));
    const to = Math.min(...calls.filter((c) => c.attempt > n).map(({ at }) => at));
    if (!inEffect(evidence, "unreached", from, to))
      accuse(`attempt ${n} is on record with ${error}, and the receiver knows nothing of it`, taskId);
  }
}

/** The last fault that excuses it and was in effect at some moment of that time. */
const inEffect = (
  { faults, leaseMs }: Evidence,
  excuse: Excuse,
  from: number,
  to: number,
): FaultRecord | undefined =>
  faults.findLast(
    (fault) =>
      fault.excuses.includes(excuse) && fault.startedAt <= to && fault.endedAt + 2 * leaseMs + 1_000 >= from,
  );

function checkEarly(
  { plan, callAt, startedAt }: Submission,
  calls: LedgerCall[],
  attempts: AttemptRow[],
  evidence: Evidence,
  accuse: Accuse,
): void {
  // The receiver answered, and the node had given up by then: on a busy machine it had begun long before the call arrived.
  const missed = new Set(
    attempts.filter(({ status, error }) => status === null && error === "timeout").map(({ n }) => n),
  );
  const answered = (n: number) => calls.some(({ attempt, status }) => attempt === n && status !== null);
  for (const call of calls) {
    const { attempt, at, taskId } = call;
    if (missed.has(attempt - 1) && answered(attempt - 1)) continue;
    const due = attempt === 1 ? (callAt ?? startedAt) : earliestRetry(plan, calls, attempt);
    if (at < due - CUT && !inEffect(evidence, "early", at, due))
      accuse(`call ${attempt} was ${due - at} ms early`, taskId);
  }
}

/** After the first end of a call with the number before, and the pause. One that the node ended has begun at least. */
function earliestRetry(plan: Submission["plan"], calls: LedgerCall[], attempt: number): number {
  const before = calls.filter((call) => call.attempt === attempt - 1);
  if (before.length === 0) return 0;
  const reset = resets(plan, attempt - 1);
  const ends = before.map((call) => {
    const byReceiver = call.endedAt !== null && (call.status !== null || reset) && plan.kind !== "drip";
    return (byReceiver ? (call.endedAt as number) : call.at) + delayAfter(plan, call);
  });
  return Math.min(...ends);
}

/** Whether the receiver resets the connection at that call. */
const resets = (plan: Submission["plan"], attempt: number): boolean =>
  plan.kind === "reset" && attempt <= plan.times;

/** @returns the calls that repeat a number, and those that overlap an earlier one */
function checkRepeats(
  taskId: string,
  plan: Submission["plan"] | undefined,
  calls: LedgerCall[],
  evidence: Evidence,
  accuse: Accuse,
): Excused[] {
  const excused: Excused[] = [];
  const sentAgain = new Set<LedgerCall>();
  const sorted = calls.toSorted((a, b) => a.at - b.at);
  for (const [i, call] of sorted.entries()) {
    const earlier = sorted.slice(0, i);
    const twins = earlier.filter(({ attempt }) => attempt === call.attempt);
    const twin = twins.at(-1);
    const reset = twin?.endedAt && plan && resets(plan, call.attempt) && !sentAgain.has(twin);
    // Within the attempt's own time.
    if (reset && call.at - (twin.endedAt as number) < plan.timeoutMs) sentAgain.add(call);
    else if (twin) {
      const fault = inEffect(evidence, "repeat", twin.at, call.at);
      excused.push({ excuse: "repeat", fault: fault?.kind ?? null });
      if (!fault) accuse(`call ${call.attempt} was made again without a fault`, taskId);
    }
    if (earlier.some(({ endedAt }) => endedAt === null || endedAt > call.at)) {
      const fault = inEffect(evidence, "overlap", call.at, call.at);
      excused.push({ excuse: "overlap", fault: fault?.kind ?? null });
      if (!fault) accuse(`call ${call.attempt} came while another was open`, taskId);
    }
  }
  return excused;
}

function seenOf(taskId: string, { ledger, tasks, attempts, faults, leaseMs }: Evidence): string[] {
  const calls = ledger.calls(taskId);
  const [first, last] = [calls[0]?.at ?? 0, calls.at(-1)?.endedAt ?? calls.at(-1)?.at ?? 0];
  const time = (ms: number | null) => (ms === null ? "open" : new Date(ms).toISOString().slice(11, 23));
  return [
    ...tasks.filter((task) => task.taskId === taskId).map((row) => `row: ${JSON.stringify(row)}`),
    ...attempts
      .filter((attempt) => attempt.taskId === taskId)
      .map(({ n, status, error }) => `attempt ${n}: ${status ?? ""} ${error ?? ""}`),
    ...calls.map(
      ({ attempt, at, endedAt, status }) =>
        `call ${attempt}: ${time(at)} to ${time(endedAt)}, ${status ?? "no answer"}`,
    ),
    ...faults
      .filter(({ startedAt, endedAt }) => startedAt <= last + 1_000 && endedAt + 2 * leaseMs >= first)
      .map(
        ({ kind, target, startedAt, endedAt }) =>
          `fault: ${kind} (${target}) ${time(startedAt)} to ${time(endedAt)}`,
      ),
  ];
}
