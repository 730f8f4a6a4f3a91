/** When a failed call is repeated. Pure: the caller brings time and chance. */
import { type EpochMs, hours, type Millis, millis, minutes, seconds } from "./clock.ts";
import type { AttemptErrorCode } from "./outcome.ts";

export const STATUS_CLASSES = ["2xx", "3xx", "4xx", "5xx"] as const;
export type StatusClass = (typeof STATUS_CLASSES)[number];

/** A status (100…599), all of a class, or the `errorCode` of an attempt. */
export type RetryOn = number | StatusClass | AttemptErrorCode;

/**
 * Every policy may carry `jitter` 0…1: each delay is lengthened by a random part up to that share of itself. And `on`,
 * the failures that are worth another call; any other one ends the task as `exhausted` with `stopped`. Default: all.
 */
export type RetryPolicy = { jitter?: number | undefined; on?: RetryOn[] | undefined } & (
  | { strategy: "fixed"; delayMs: number }
  | { strategy: "exponential"; delayMs: number; factor: number; maxDelayMs: number }
  | { strategy: "schedule"; delaysMs: number[] }
);

/** v1's default: quick at first for blips, then hours for outages; the last delay repeats. */
export const DEFAULT_RETRY: RetryPolicy = {
  strategy: "schedule",
  delaysMs: [
    seconds(5),
    seconds(30),
    minutes(2),
    minutes(10),
    minutes(30),
    hours(1),
    hours(3),
    hours(6),
    hours(12),
  ],
  jitter: 0.1,
};

/** kkbida's: one minute, always. */
export const LEGACY_RETRY: RetryPolicy = { strategy: "fixed", delayMs: minutes(1) };

/** A target may ask for no more patience than this. */
export const MAX_RETRY_AFTER = hours(24);

/**
 * The pause after the `failures`-th automatic call (1 for the first) failed.
 *
 * Jitter only lengthens, so no call is ever earlier than its schedule says; `Retry-After` likewise.
 * @param random a number in [0, 1)
 */
export function retryDelay(
  policy: RetryPolicy,
  failures: number,
  retryAfter: Millis | null,
  random: number,
): Millis {
  const base = baseDelay(policy, Math.max(1, failures));
  const jittered = Math.round(base * (1 + (policy.jitter ?? 0) * random));
  return millis(Math.max(jittered, retryAfter ?? 0));
}

function baseDelay(policy: RetryPolicy, failures: number): number {
  switch (policy.strategy) {
    case "fixed":
      return policy.delayMs;
    case "exponential":
      return Math.min(policy.delayMs * policy.factor ** (failures - 1), policy.maxDelayMs);
    case "schedule":
      return policy.delaysMs[Math.min(failures, policy.delaysMs.length) - 1] ?? 0;
  }
}

/**
 * Reads `Retry-After` (RFC 9110, section 10.2.3): seconds or an HTTP date.
 * @returns a delay from `now`, at most {@link MAX_RETRY_AFTER}; null for garbage and for the past
 */
export function parseRetryAfter(value: string | undefined, now: EpochMs): Millis | null {
  if (value === undefined) return null;
  const text = value.trim();
  const wait = /^\d{1,15}$/.test(text) ? Number(text) * 1000 : httpDate(text) - now;
  return wait > 0 ? millis(Math.min(wait, MAX_RETRY_AFTER)) : null;
}

/** NaN unless `text` begins as an HTTP date does: `Date.parse` alone also takes "1" and "soon 5". */
function httpDate(text: string): number {
  if (!/^(mon|tue|wed|thu|fri|sat|sun)[a-z]*,? /i.test(text)) return Number.NaN;
  // The oldest of the three forms (asctime) names no zone: it is GMT's, as all are.
  return Date.parse(/ \d{4}$/.test(text) ? `${text} GMT` : text);
}
