/**
 * A task: what a caller asked for, the states it passes, and what each event makes of it. Pure.
 *
 *   pending ──claimed──▶ delivering ──success──▶ succeeded
 *      ▲                     │
 *      ├──── retry later ────┤
 *      │                     └─ limit, expiry, a failure that ends it ─▶ exhausted ──resolve──▶ resolved
 *      └────────── retry by hand, from any ended state; cancel ends an open one: canceled
 *
 * `delivering` is not stored: a pending task is delivering while a dispatcher holds its lease in the due set.
 * Writing it down would cost a second transaction per call and would be wrong after every crash.
 */
import { type Clock, type EpochMs, epochMs, later, type Millis, millis } from "./clock.ts";
import type { FieldError } from "./errors.ts";
import { BidaError } from "./errors.ts";
import type { ExpectationSpec } from "./expect.ts";
import type { JsonText } from "./json/text.ts";
import type { AttemptRecord, CallError } from "./outcome.ts";
import type { Profile } from "./profile.ts";
import { type RetryPolicy, retryDelay } from "./retry.ts";
import { stopAfter } from "./stop.ts";

export const METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"] as const;
export type Method = (typeof METHODS)[number];

export const STORED_STATES = ["pending", "succeeded", "exhausted", "canceled", "resolved"] as const;
export type StoredState = (typeof STORED_STATES)[number];
export const STATES = ["pending", "delivering", "succeeded", "exhausted", "canceled", "resolved"] as const;
export type TaskState = (typeof STATES)[number];

/** What was asked for, validated and with every default filled in. */
export interface TaskSpec {
  url: string;
  requestMethod: Method;
  /** An object, as the caller wrote it. */
  requestParam: JsonText | null;
  /** Text that is sent in the charset of its content type, default UTF-8. */
  body: string | null;
  /** Bytes, instead of `body`. */
  bodyBase64: string | null;
  contentType: string | null;
  headers: Record<string, string> | null;
  expectResult: string | null;
  expect: ExpectationSpec | null;
  limitCallCount: number;
  retry: RetryPolicy;
  timeoutMs: Millis;
  /** When the first call is due: a pause from acceptance, or a moment. */
  start: { delayMs: Millis } | { callAt: EpochMs };
  expiresAt: EpochMs | null;
  sourceAppName: string | null;
  targetAppName: string | null;
  orderKey: string | null;
  /** Null: v1's rules. */
  profile: Profile | null;
}

/** The part of a task that changes. */
export interface Progress {
  state: StoredState;
  /** Recorded calls, by schedule and by hand. */
  callCount: number;
  /**
   * How many calls do not count against `limitCallCount`: those that operators asked for, and all that were made before a
   * retry with the whole schedule.
   */
  manualCalls: number;
  /** Null once ended, and while it is held back by an earlier task of its `orderKey`. */
  nextCallAt: EpochMs | null;
  finishedAt: EpochMs | null;
  lastError: CallError | null;
}

/** What {@link afterAttempt} and the manual actions need to know of the request. */
export type Limits = Pick<TaskSpec, "limitCallCount" | "retry" | "expiresAt" | "expect">;

/** Whether an earlier task of its `orderKey` is not finished: it is pending, and has no time of its own yet. */
export const isHeld = ({ state, nextCallAt }: Pick<Progress, "state" | "nextCallAt">): boolean =>
  state === "pending" && nextCallAt === null;

/**
 * Where a task stands after the record of one more call. `callCount` of the result is the attempt's number.
 * @param endedBy when the call had ended (see {@link Outcome}); `clock` knows better where that is still to come
 */
export function afterAttempt(
  task: Progress & Limits,
  attempt: AttemptRecord,
  endedBy: EpochMs,
  clock: Clock,
  random: number,
): Progress {
  const now = clock.now();
  const callCount = task.callCount + 1;
  // Canceled during the call: the call is on record, the decision stands.
  if (task.state !== "pending") return { ...progressOf(task), callCount };
  if (attempt.outcome === "succeeded") {
    return { ...ended("succeeded", task, now), callCount, lastError: null };
  }
  const stop = stopAfter(attempt, task.expect, task.retry);
  if (stop !== null) return { ...ended("exhausted", task, now), callCount, lastError: stop };
  const automatic = callCount - task.manualCalls;
  if (automatic >= task.limitCallCount) {
    return { ...ended("exhausted", task, now), callCount, lastError: attempt.error };
  }
  const delay = retryDelay(task.retry, automatic, attempt.retryAfterMs, random);
  const nextCallAt = later(epochMs(Math.min(endedBy, clock.after(millis(0)))), delay);
  if (task.expiresAt !== null && nextCallAt >= task.expiresAt) {
    return { ...ended("exhausted", task, now), callCount, lastError: expiry(attempt.error) };
  }
  return { ...progressOf(task), callCount, nextCallAt, lastError: attempt.error };
}

/** Where a task stands when its time ran out before a call could start. */
export function afterExpiry(task: Progress, now: EpochMs): Progress {
  return task.state === "pending"
    ? { ...ended("exhausted", task, now), lastError: expiry(task.lastError) }
    : progressOf(task);
}

/** Where a task stands that cannot be called, because its row cannot be read or its outcome cannot be recorded. */
export function afterCorruption(task: Progress, why: string, now: EpochMs): Progress {
  return { ...ended("exhausted", task, now), lastError: { code: "corrupt", message: why.slice(0, 500) } };
}

/** Of one task: each is one more attempt on record. */
export const MAX_MANUAL_CALLS = 1_000;

/** What a retry by hand grants: one more call, or the task's schedule from its first call on. */
export const RETRY_SCHEDULES = ["once", "whole"] as const;
export type RetrySchedule = (typeof RETRY_SCHEDULES)[number];

/**
 * A call by hand, now. With `once` it does not use up the automatic schedule, which goes on after it; with `whole` it is the
 * first of the schedule, which begins anew: all calls so far stop counting against `limitCallCount`. Their numbers go on.
 * @throws BidaError state_conflict while a call is under way, for a task that is held back by another one (see
 *   {@link isHeld}), and for a succeeded task unless `force`; limit_reached after {@link MAX_MANUAL_CALLS} of them
 */
export function retryByHand(
  task: Progress & Limits,
  leased: boolean,
  force: boolean,
  clock: Clock,
  schedule: RetrySchedule = "once",
): Progress & Pick<Limits, "expiresAt"> {
  const now = clock.now();
  if (leased) throw conflict("it is being called just now");
  if (isHeld(task)) throw conflict("it waits for an earlier task of its orderKey");
  if (task.state === "succeeded" && !force)
    throw conflict("it has succeeded; send `force: true` to call again");
  const expiresAt = task.expiresAt !== null && task.expiresAt <= now ? null : task.expiresAt;
  // By the generous reading of the clock: a second click must not grant a second call.
  const alreadyDue =
    task.state === "pending" && task.nextCallAt !== null && task.nextCallAt <= clock.after(millis(0));
  const asked = alreadyDue ? task.manualCalls : task.manualCalls + 1;
  const manualCalls = schedule === "whole" ? task.callCount : asked;
  if (manualCalls > task.manualCalls && manualCalls > MAX_MANUAL_CALLS)
    throw new BidaError(
      "limit_reached",
      `A task is called at most ${MAX_MANUAL_CALLS} times by hand; send a copy of it`,
    );
  return {
    ...progressOf(task),
    state: "pending",
    manualCalls,
    nextCallAt: alreadyDue ? task.nextCallAt : now,
    finishedAt: null,
    expiresAt,
  };
}

/** @throws BidaError state_conflict where the task has ended */
export function cancel(task: Progress, now: EpochMs): Progress {
  if (task.state !== "pending") throw conflict(`it is ${task.state}`);
  return ended("canceled", task, now);
}

/** Marks an exhausted task as repaired elsewhere. @throws BidaError state_conflict for any other state */
export function resolve(task: Progress, now: EpochMs): Progress {
  if (task.state !== "exhausted") throw conflict(`it is ${task.state}, not exhausted`);
  return ended("resolved", task, now);
}

function ended(state: StoredState, task: Progress, now: EpochMs): Progress {
  return { ...progressOf(task), state, nextCallAt: null, finishedAt: now };
}

function progressOf(task: Progress): Progress {
  const { state, callCount, manualCalls, nextCallAt, finishedAt, lastError } = task;
  return { state, callCount, manualCalls, nextCallAt, finishedAt, lastError };
}

function expiry(last: CallError | null): CallError {
  const after = last ? `; last: ${last.code}, ${last.message}` : "";
  return { code: "expired", message: `no call may start any more${after}`.slice(0, 500) };
}

function conflict(why: string): BidaError {
  const errors: FieldError[] = [{ field: "state", message: why }];
  return new BidaError("state_conflict", `The task cannot do that: ${why}`, { errors });
}
