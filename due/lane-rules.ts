/**
 * What keeps one destination from harming the others, per lane and for the whole cluster: how many of its entries may
 * be leased (a window that shrinks while calls time out), how many per second (a token bucket), and whether it is
 * worth calling at all (a circuit breaker). `memory.ts` uses these rules; `lua/lane.lua` says the same in Redis, with
 * the numbers from {@link RULES}; the conformance suite runs over both.
 *
 * The breaker (after M. Nygard, "Release It!", 2007):
 *
 *   closed ──(for 5 s nothing but failures, at least 20; or 80 % of at least 50 calls within 5 s)──▶ open
 *   open ──(its pause is over)──▶ half-open: one call at a time
 *   half-open ──(a success)──▶ closed;  ──(a failure)──▶ open, for twice as long, at most 15 s
 *
 * It takes seconds of failure, not a burst: a thousand tasks whose first calls fail together are no outage.
 * While it is open entries wait at no cost of an attempt, but none for longer than half a minute past its time: then a
 * trickle of calls goes out anyway, so a target that stays down does not keep its tasks from their end.
 */
import type { Millis } from "../core/clock.ts";
import { minutes, seconds } from "../core/clock.ts";
import type { DestinationSettings } from "../core/destination.ts";
import type { Health } from "../core/outcome.ts";

export const RULES = {
  /** A lane's window at first and after a breaker closed; each call that did not time out widens it by one. */
  START_WINDOW: 64,
  /** Calls that time out halve it, once per {@link RULES.HALVE_MS}, down to this. */
  MIN_WINDOW: 8,
  HALVE_MS: seconds(1),
  OPEN_AFTER: 20,
  OPEN_MS: seconds(5),
  RATE_CALLS: 50,
  RATE_SHARE: 0.8,
  RATE_MS: seconds(5),
  PAUSE_MS: seconds(1),
  MAX_PAUSE_MS: seconds(15),
  /** How long past its time a breaker may put off a call. */
  HOLD_MS: seconds(30),
  /** Calls at once that go out past that. */
  TRICKLE: 4,
  /**
   * After so many calls in a row that ran into their deadlines a lane hangs; a lane that has answered none yet, after the first.
   * Retries of lanes that hang wait until none of others waits, or until so many turns were asked for since they came.
   */
  HANGS_AFTER: 3,
  LEAD: 8_192,
  /** What is known of a lane is forgotten after this long without a call. */
  FORGET_MS: minutes(10),
};
export type Rules = { readonly [K in keyof typeof RULES]: number };

/** What is known of a lane's calls. Times are epoch ms. */
export interface LaneHealth {
  window: number;
  halvedAt: number;
  /** Failures in a row, and when the first of them was. */
  fails: number;
  failingSince: number;
  /** Calls in a row that ran into their deadlines. */
  slows: number;
  /** Calls and failures since `from`, for the failure rate. */
  calls: number;
  bads: number;
  from: number;
  /** 0: closed. */
  openUntil: number;
  openedAt: number;
  /** Pauses in a row. */
  opens: number;
}

export const newHealth = (window: number): LaneHealth => ({
  window,
  halvedAt: 0,
  fails: 0,
  failingSince: 0,
  slows: RULES.HANGS_AFTER - 1,
  calls: 0,
  bads: 0,
  from: 0,
  openUntil: 0,
  openedAt: 0,
  opens: 0,
});

/** Whether its retries let those of other lanes go before. */
export const hangs = ({ slows }: Pick<LaneHealth, "slows">, rules: Rules): boolean =>
  slows >= rules.HANGS_AFTER;

export type BreakerState = "closed" | "open" | "half_open";

export function breakerOf({ openUntil }: Pick<LaneHealth, "openUntil">, now: number): BreakerState {
  if (openUntil === 0) return "closed";
  return now < openUntil ? "open" : "half_open";
}

/**
 * Takes one call's result into account, in place.
 * @param cap the widest window
 * @returns what the breaker did, where it did something
 */
export function observe(
  lane: LaneHealth,
  health: Health,
  now: number,
  cap: number,
  settings: DestinationSettings,
  rules: Rules,
): "opened" | "closed" | null {
  if (health !== "slow") lane.window = Math.min(lane.window + 1, cap);
  else if (now - lane.halvedAt >= rules.HALVE_MS) {
    lane.window = Math.max(rules.MIN_WINDOW, Math.floor(lane.window / 2));
    lane.halvedAt = now;
  }
  lane.slows = health === "slow" ? lane.slows + 1 : 0;
  const failed = health !== "ok";
  if (lane.openUntil > 0) return probed(lane, failed, now, rules);
  lane.calls += 1;
  lane.bads += failed ? 1 : 0;
  if (failed && lane.fails === 0) lane.failingSince = now;
  lane.fails = failed ? lane.fails + 1 : 0;
  const only = lane.fails >= rules.OPEN_AFTER && now - lane.failingSince >= rules.OPEN_MS;
  if (!mostlyFails(lane, now, rules) && !only) return null;
  if (!settings.breaker) return null;
  Object.assign(lane, { openedAt: now, opens: 0, openUntil: now + rules.PAUSE_MS });
  return "opened";
}

/** Judged when the time is over that calls are counted in; then the count begins anew. */
function mostlyFails(lane: LaneHealth, now: number, rules: Rules): boolean {
  if (now - lane.from < rules.RATE_MS) return false;
  const mostly = lane.calls >= rules.RATE_CALLS && lane.bads >= lane.calls * rules.RATE_SHARE;
  Object.assign(lane, { from: now, calls: 0, bads: 0 });
  return mostly;
}

/** What ends while the breaker is open began before it opened, or is the trickle: only a probe decides. */
function probed(lane: LaneHealth, failed: boolean, now: number, rules: Rules): "closed" | null {
  if (now < lane.openUntil) return null;
  if (!failed) {
    close(lane, rules);
    return "closed";
  }
  lane.opens += 1;
  lane.openUntil = now + pauseAfter(lane.opens, rules);
  return null;
}

/** Closed again, and carefully: the window starts anew. */
export function close(lane: LaneHealth, rules: Rules): void {
  Object.assign(lane, newHealth(Math.min(lane.window, rules.START_WINDOW)), { slows: 0 });
}

const pauseAfter = (opens: number, rules: Rules): number =>
  Math.min(rules.PAUSE_MS * 2 ** Math.min(opens, 20), rules.MAX_PAUSE_MS);

/** A token bucket that holds at most one second's worth, and at least one. */
export interface Bucket {
  tokens: number;
  at: number;
}

const mostOf = (ratePerSecond: number): number => Math.max(1, ratePerSecond);

/** Fills `bucket` up to `now`, in place. @returns whole tokens */
export function refill(bucket: Bucket, ratePerSecond: number, now: number): number {
  bucket.tokens = Math.min(
    mostOf(ratePerSecond),
    bucket.tokens + (Math.max(0, now - bucket.at) * ratePerSecond) / 1000,
  );
  bucket.at = now;
  return Math.floor(bucket.tokens);
}

/** Whether `bucket` holds all that it can, as a new one does. */
export function isFull(bucket: Bucket, ratePerSecond: number, now: number): boolean {
  refill(bucket, ratePerSecond, now);
  return bucket.tokens === mostOf(ratePerSecond);
}

/** How long until `bucket` holds a token. */
export const untilToken = (bucket: Bucket, ratePerSecond: number): Millis =>
  Math.max(1, Math.ceil(((1 - bucket.tokens) * 1000) / ratePerSecond)) as Millis;

/** What an operator sees of a lane. */
export interface LaneStatus {
  breaker: BreakerState;
  /** Since when it is not closed, and when it is probed next; null where it is closed. Epoch ms. */
  openedAt: number | null;
  openUntil: number | null;
  /** Failures in a row. */
  failures: number;
  /** Entries that may be leased at once just now. */
  window: number;
  ready: number;
  leased: number;
}
