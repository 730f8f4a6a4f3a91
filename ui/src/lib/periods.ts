/** Stretches of time that figures are of: the ones that can be chosen, what they sum up to, and what came before. */
import type { StatsPoint, Step } from "../api/types.ts";

export const PERIODS = ["1h", "24h", "7d", "30d"] as const;
export type PeriodName = (typeof PERIODS)[number];
export const STEP_OF: Record<PeriodName, Step> = {
  "1h": "minute",
  "24h": "hour",
  "7d": "hour",
  "30d": "day",
};
export const STEP_MS: Record<Step, number> = { minute: 60_000, hour: 3_600_000, day: 86_400_000 };

export interface Sum {
  calls: number;
  succeeded: number;
  failed: number;
  accepted: number;
  exhausted: number;
}

export function sumOf(points: readonly StatsPoint[]): Sum {
  const sum: Sum = { calls: 0, succeeded: 0, failed: 0, accepted: 0, exhausted: 0 };
  for (const { succeeded, failed, accepted, exhausted } of points) {
    sum.calls += succeeded + failed;
    sum.succeeded += succeeded;
    sum.failed += failed;
    sum.accepted += accepted;
    sum.exhausted += exhausted;
  }
  return sum;
}

/** Without the step that is under way: as long as the period before it, with which it is compared. */
export const wholeSteps = (points: readonly StatsPoint[]): readonly StatsPoint[] => points.slice(0, -1);

/** As many whole steps, right before those; null where there are none. */
export function before(points: readonly StatsPoint[], step: Step): { from: string; to: string } | null {
  const first = points[0];
  const count = wholeSteps(points).length;
  if (!first || count === 0) return null;
  const to = Date.parse(first.at);
  return { from: new Date(to - count * STEP_MS[step]).toISOString(), to: first.at };
}

/** `now` against `then`, as a share of `then`; null where that was nothing. */
export const change = (now: number, then: number): number | null => (then === 0 ? null : (now - then) / then);

/** The points that a stretch covers: those that begin in it. */
export const within = (points: readonly StatsPoint[], from: string, to: string): StatsPoint[] =>
  points.filter(({ at }) => at >= from && at < to);

/**
 * Whole steps around two moments.
 * @param from epoch ms, likewise `to`
 */
export function stretch(from: number, to: number, step: Step): { from: string; to: string } {
  const ms = STEP_MS[step];
  const first = Math.floor(Math.min(from, to) / ms) * ms;
  const last = Math.max(first + ms, Math.ceil(Math.max(from, to) / ms) * ms);
  return { from: new Date(first).toISOString(), to: new Date(last).toISOString() };
}

/** Calls per second in the last whole minute; null where that is not known. */
export function throughputOf(minutes: readonly StatsPoint[]): number | null {
  const last = wholeSteps(minutes).at(-1);
  return last ? (last.succeeded + last.failed) / 60 : null;
}
