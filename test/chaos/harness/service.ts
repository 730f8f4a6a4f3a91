/**
 * Whether service is normal, judged from outside: from what callers and the receiver saw.
 *
 * Somebody is *owed* something: a caller its answer from the moment it asked; a receiver a first call from acceptance,
 * or the time the caller asked for; a retry from the time its schedule names; a call that was cut off from the moment it
 * was cut. Whatever is owed for longer than a second is a disturbance, until it is paid. Service is normal at a moment
 * without one. A task that ended by a call that never came out of its thread (`crashed`, the last one it had) owes
 * nothing from when that is seen in the database.
 *
 * The recovery time of a fault runs from its beginning (of an outage, from its end, when connections work again) to the
 * end of the last disturbance that it began: one that began after the fault did, before the next fault, and no later than
 * two leases after its end.
 */
import { RETRY_AFTER_S, succeeds } from "./behaviour.ts";
import type { FaultRecord } from "./fault.ts";
import type { Submission } from "./load.ts";
import type { Ledger, LedgerCall } from "./receiver.ts";

/** Something may be owed so long without being a disturbance, in ms. */
const PATIENCE = 1_000;

/** From when something was owed until it was paid; `to` is null while it is not. */
export interface Debt {
  what: string;
  taskId: string | null;
  /** Of a task that a fault brought along. */
  isExtra: boolean;
  from: number;
  to: number | null;
}

/** All that is, or was, owed for longer than a second by `now`. */
export function disturbances(submissions: Submission[], ledger: Ledger, now: number): Debt[] {
  const late = ({ from, to }: Debt) => (to ?? now) - from > PATIENCE;
  return submissions.flatMap((one) => debtsOf(one, ledger)).filter(late);
}

/** Looks again and again for what is owed now; what is settled is not looked at any more. */
export class Watch {
  readonly #submissions: Submission[];
  readonly #ledger: Ledger;
  #unsettled: Submission[] = [];
  #seen = 0;

  /** @param submissions grows meanwhile */
  constructor(submissions: Submission[], ledger: Ledger) {
    this.#submissions = submissions;
    this.#ledger = ledger;
  }

  /** These tasks are on record as ended by `now`. */
  ended(taskIds: string[], now = Date.now()): void {
    for (const one of this.#unsettled) if (one.taskId && taskIds.includes(one.taskId)) one.endedAt ??= now;
  }

  /** What has been owed for longer than a second. */
  overdue(now = Date.now()): Debt[] {
    this.#unsettled.push(...this.#submissions.slice(this.#seen));
    this.#seen = this.#submissions.length;
    this.#unsettled = this.#unsettled.filter((one) => !isSettled(one, this.#ledger));
    return disturbances(this.#unsettled, this.#ledger, now).filter(({ to }) => to === null);
  }
}

function isSettled(one: Submission, ledger: Ledger): boolean {
  if (one.answeredAt === null) return false;
  if (one.taskId === null || one.endedAt !== null || one.fate !== "usual") return true;
  const last = ledger.calls(one.taskId).at(-1);
  return last !== undefined && last.endedAt !== null && nextAfter(one, last) === null;
}

function debtsOf(one: Submission, ledger: Ledger): Debt[] {
  const { plan, startedAt, answeredAt, taskId, callAt, endedAt, owedFrom } = one;
  const debts: Debt[] = [
    {
      ...{ what: `answer to caller ${plan.k}`, taskId: null, isExtra: one.isExtra },
      ...{ from: startedAt, to: answeredAt },
    },
  ];
  if (taskId === null || one.fate !== "usual") return debts;
  const calls = ledger.calls(taskId);
  let owed: number | null = Math.max(callAt ?? 0, answeredAt ?? startedAt);
  for (const call of calls) {
    if (owed !== null && call.at > owedFrom)
      debts.push({
        ...{ what: `call ${call.attempt} of ${taskId}`, taskId, isExtra: one.isExtra },
        ...{ from: Math.max(owed, owedFrom), to: call.at },
      });
    owed = nextAfter(one, call);
  }
  if (owed !== null && Number.isFinite(owedFrom))
    debts.push({
      ...{ what: `call ${calls.length + 1} of ${taskId}`, taskId, isExtra: one.isExtra },
      ...{ from: Math.max(owed, owedFrom), to: endedAt },
    });
  return debts;
}

/** When the next call is owed after this one, null where none is. */
function nextAfter({ plan }: Submission, call: LedgerCall): number | null {
  // It is under way; should it be cut, its end says so.
  if (call.endedAt === null) return null;
  const isAnswered = call.status !== null || (plan.kind === "reset" && call.attempt <= plan.times);
  const lasted = call.endedAt - call.at;
  if (succeeds(plan, call.attempt) && isAnswered) return null;
  // A last call that was cut off looks like one that timed out on a busy machine, where the request took a while to
  // arrive. Nothing would ever pay for the latter. The verdict knows them apart: the task of the former has not ended.
  if (call.attempt >= plan.limit) return null;
  // Closed by the caller long before its time: it died.
  if (!isAnswered && lasted < plan.timeoutMs * 0.8) return call.endedAt;
  return call.endedAt + delayAfter(plan, call);
}

/** The pause that the schedule asks for after a failed call. */
export function delayAfter(plan: Submission["plan"], call: Pick<LedgerCall, "status">): number {
  return call.status === 429 ? Math.max(plan.retryMs, RETRY_AFTER_S * 1_000) : plan.retryMs;
}

/** Each fault's recovery time in ms, 0 where nobody noticed it, and what was owed last. */
export function recoveries(
  faults: FaultRecord[],
  debts: Debt[],
  leaseMs: number,
  now: number,
): { recoveryMs: number; last: string | null }[] {
  return faults.map((fault, i) => {
    const begin = fault.outage ? fault.endedAt : fault.startedAt;
    const until = Math.min(faults[i + 1]?.startedAt ?? Number.POSITIVE_INFINITY, fault.endedAt + 2 * leaseMs);
    // What was owed for less than a second by then is the fault's doing too.
    const own = debts.filter(({ from, to }) => {
      const disturbedAt = from + PATIENCE;
      return (
        disturbedAt >= fault.startedAt && disturbedAt < until + PATIENCE && (to ?? now) >= fault.startedAt
      );
    });
    const last = own.reduce<Debt | null>(
      (a, b) => (a !== null && (a.to ?? now) >= (b.to ?? now) ? a : b),
      null,
    );
    return { recoveryMs: Math.max(0, last ? (last.to ?? now) - begin : 0), last: last?.what ?? null };
  });
}

/**
 * What was owed to others for longer than `limitMs` within a fault that must not touch them. The machine's own stalls are
 * left out, and so is what other faults did that touch everybody: what was owed while one lasted or so soon after it, and
 * the time from the next one on.
 */
export function touched(
  fault: FaultRecord,
  faults: FaultRecord[],
  debts: Debt[],
  stalls: FaultRecord[],
  limitMs: number,
  now: number,
): Debt[] {
  const within = (from: number, to: number) => from <= fault.endedAt && to >= fault.startedAt;
  const others = faults.filter((other) => other !== fault && !other.spares);
  return debts.filter(({ isExtra, from, to }) => {
    const next = others.find(({ startedAt }) => startedAt > from);
    const until = Math.min(to ?? now, next?.startedAt ?? now);
    if (isExtra || from < fault.startedAt || !within(from, until) || until - from <= limitMs) return false;
    if (others.some(({ startedAt, endedAt }) => startedAt <= from && endedAt + limitMs >= from)) return false;
    return !stalls.some(({ startedAt, endedAt }) => startedAt <= until && endedAt >= from);
  });
}

/** Calls that were owed for longer than `limitMs` after a fault's end, and before the next one began. */
export function stuck(
  faults: FaultRecord[],
  debts: Debt[],
  stalls: FaultRecord[],
  limitMs: number,
  now: number,
): Debt[] {
  return debts.filter(({ taskId, from, to }) => {
    if (taskId === null) return false;
    const until = to ?? now;
    const last = faults.findLast(({ startedAt }) => startedAt <= until);
    const since = Math.max(from, last?.endedAt ?? 0);
    return until - since > limitMs && !stalls.some((one) => one.startedAt <= until && one.endedAt >= since);
  });
}
