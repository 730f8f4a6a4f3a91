/** All that is known of one destination. Times are ISO 8601. */
import type { Actor } from "./caller.ts";
import type { Activity } from "./stats-views.ts";
import type { AttemptItem } from "./task-views.ts";

/** Found by a look at the newest of a large table: there may be more. */
export interface Looked {
  count: number;
  atLeast: boolean;
}

/** A change of a breaker. */
export interface BreakerEvent {
  at: string;
  change: "opened" | "closed";
  /** Failures in a row, where it opened. */
  failures: number | null;
}

export interface Outage {
  /** To the minute. */
  from: string;
  /** Null: it goes on. */
  to: string | null;
  calls: number;
  failed: number;
  /** Tasks that were exhausted in it and still are; `from` and `to` are what a replay is asked for, null where there are none. */
  missed: Looked & { from: string | null; to: string | null };
}

/** `GET /v1/destinations/{origin}/report`. */
export interface DestinationReport {
  origin: string;
  at: string;
  /** False: too many destinations were called for figures of its own; those of calls are 0 then. */
  keptApart: boolean;
  last5Minutes: Activity;
  lastHour: Activity;
  lastDay: Activity;
  open: Looked;
  exhausted: Looked;
  /** Among the newest 20,000 calls of all destinations. */
  lastError: AttemptItem | null;
  lastSuccess: AttemptItem | null;
  /** Who handed over what was called in the last day, busiest first; id 0: users. */
  callers: { app: { id: number; name: string | null }; calls: number; failed: number }[];
  /** Null where it is not paused, or the audit log does not have it any more. `by` is for operators. */
  paused: { by: Omit<Actor, "role"> | null; at: string; note: string | null } | null;
  /** Newest first. */
  breakerEvents: BreakerEvent[];
  /** The latest of the last 48 hours. */
  outage: Outage | null;
}

/** A destination in `GET /v1/stats/health`; `other` for all those that are not kept apart. */
export interface DestinationHealth {
  destination: string;
  last5Minutes: Activity;
  lastHour: Activity;
  lastDay: Activity & { sparkline: { at: string; calls: number; failed: number }[] };
  /** To the minute, of the last 48 hours. */
  lastSuccessAt: string | null;
  lastFailureAt: string | null;
  /** Its tasks that have not ended, whenever they are due. */
  open: Looked;
}

export interface StatsHealth {
  at: string;
  items: DestinationHealth[];
  nextCursor: null;
}
