/** How fast credentials may be guessed, how long sessions and old keys live. Pure. */
import { type EpochMs, hours, later, type Millis, millis, minutes, seconds } from "./clock.ts";

/** A key or secret that was rotated keeps working this long. */
export const ROTATION_OVERLAP = hours(24);

/** A session that is not used for so long is over … */
export const SESSION_IDLE = hours(12);
/** … and any after so long. */
export const SESSION_MAX = hours(7 * 24);

/** Of one user; with another one the oldest ends. */
export const MAX_SESSIONS = 100;

/** Failed logins that cost nothing: of one account from one address … */
export const FREE_PER_ACCOUNT = 5;
/** … and of all accounts from one address. */
export const FREE_PER_ADDRESS = 20;
const FIRST_WAIT = seconds(1);
const LONGEST_WAIT = minutes(15);
/** Failures are forgotten when there was none for so long. */
export const FAILURES_KEPT = hours(1);
/**
 * An account that logged in from an address within this time is not held back by other accounts' failures there; in a browser
 * that it logged in with, by nobody's failures but that browser's ("device cookies", OWASP).
 */
export const ACQUAINTANCE = hours(30 * 24);

/** What is known of failed logins under one key. */
export interface Attempts {
  failures: number;
  failedAt: EpochMs;
  /** Null: there was no success. */
  succeededAt: EpochMs | null;
}

/**
 * How long the next attempt has to wait: from the last free failure on 1 s, 2 s, 4 s … up to `longest`.
 * @param free failures that cost nothing
 */
export function loginWait(
  attempts: Attempts | null,
  free: number,
  now: EpochMs,
  longest: Millis = LONGEST_WAIT,
): Millis {
  if (attempts === null || attempts.failures < free || now - attempts.failedAt > FAILURES_KEPT)
    return millis(0);
  const wait = Math.min(FIRST_WAIT * 2 ** (attempts.failures - free), longest);
  return millis(Math.max(0, attempts.failedAt + wait - now));
}

/** When a session ends that began at `createdAt` and was used at `now`. */
export function sessionEnd(createdAt: EpochMs, now: EpochMs): EpochMs {
  return Math.min(later(now, SESSION_IDLE), later(createdAt, SESSION_MAX)) as EpochMs;
}
