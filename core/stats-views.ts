/** What callers see of statistics. Times are ISO 8601; durations ms; rates 0…1, null where there were no calls. */
import type { StoredState } from "./task.ts";

/** What a series is divided into. */
export type Step = "minute" | "hour" | "day";

export interface Durations {
  p50: number | null;
  p95: number | null;
  p99: number | null;
}

/** What happened in a stretch of time. `succeeded` and `failed` are calls; `exhausted` are tasks. */
export interface Activity extends Durations {
  accepted: number;
  calls: number;
  succeeded: number;
  failed: number;
  retries: number;
  exhausted: number;
  successRate: number | null;
}

export interface ErrorCount {
  errorCode: string;
  count: number;
}

/** A destination's origin; `other` for all those that are not kept apart. */
export interface FailingDestination {
  destination: string;
  calls: number;
  failed: number;
}

export interface Period extends Activity {
  topDestinations: FailingDestination[];
  topErrors: ErrorCount[];
}

/** What there is now. */
export interface StatsNow {
  /** `pending` includes those that are being delivered. */
  tasks: Record<StoredState, number>;
  /** Ever, pruned ones included. */
  totals: { accepted: number; calls: number; succeeded: number; failed: number };
  /** The task that is due for longest and has not been called; null where none is. */
  oldestWaiting: { taskId: string; dueAt: string; waitingMs: number } | null;
}

/** `GET /v1/stats/summary` and `admin.statsSummary`. */
export interface StatsSummary extends StatsNow {
  attempts: { succeeded: number; failed: number };
  lastHour: Period;
  lastDay: Period;
}

/** `GET /v1/stats/destinations`, `/errors`: a range and whose. */
export interface StatsRangeQuery {
  from: string;
  to: string;
  /** An app's id; 0 for what users handed over. Apps see their own and cannot ask for another. */
  app?: number;
}

/** `GET /v1/stats/series`. */
export interface StatsSeriesQuery extends StatsRangeQuery {
  step: Step;
  /** An origin, `https://host:port`, or `other`. */
  destination?: string;
}

export interface StatsPoint extends Activity {
  /** Beginning of the step. */
  at: string;
  /** Tasks that were delivered. */
  delivered: number;
  canceled: number;
  resolved: number;
  reopened: number;
}

/** The range as it was widened to whole steps. */
export interface StatsRange {
  from: string;
  to: string;
  step: Step;
}

/** One point per step, also where nothing happened. */
export type StatsSeries = StatsRange & { points: StatsPoint[] };

export interface DestinationStats extends Activity {
  destination: string;
  /** Calls and failed ones over the range, in equal parts. */
  sparkline: { at: string; calls: number; failed: number }[];
}

export type StatsDestinations = StatsRange & { items: DestinationStats[]; nextCursor: null };
export type StatsErrors = StatsRange & {
  items: (ErrorCount & { sparkline: { at: string; count: number }[] })[];
  nextCursor: null;
};
