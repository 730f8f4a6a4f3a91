/** A destination: everything that is called at one origin (`scheme://host:port`). */
import type { Millis } from "./clock.ts";

/** What operators set for one. */
export interface DestinationSettings {
  /** Nothing is called; tasks wait. */
  paused: boolean;
  /** At most this many calls at once, in the whole cluster; null for the usual window. */
  concurrency: number | null;
  /** At most this many calls per second, in the whole cluster; null for no limit. */
  ratePerSecond: number | null;
  /** Whether the breaker may open. */
  breaker: boolean;
  /** Whether connections are kept open between calls. */
  keepAlive: boolean;
  /** How long calls of tasks with a profile may take, whose callers cannot say; null: as the task was accepted with. */
  legacyTimeoutMs: Millis | null;
}

export const NO_SETTINGS: DestinationSettings = {
  paused: false,
  concurrency: null,
  ratePerSecond: null,
  breaker: true,
  keepAlive: true,
  legacyTimeoutMs: null,
};

/** A destination as operators see it. Times are ISO 8601. */
export interface DestinationView {
  origin: string;
  paused: boolean;
  concurrency: number | null;
  ratePerSecond: number | null;
  /** Whether connections are kept open between calls. */
  keepAlive: boolean;
  /** How long calls of kkbida's tasks may take, in ms; null: as long as was set when they were accepted. */
  legacyTimeoutMs: number | null;
  breaker: {
    enabled: boolean;
    state: "closed" | "open" | "half_open";
    /** When it opened. */
    since: string | null;
    /** When it is probed next. */
    probeAt: string | null;
    /** Failures in a row. */
    failures: number;
  };
  /** Calls that may be claimed at once just now; null where nothing is known. */
  window: number | null;
  /** Tasks that are due and wait for their turn. */
  ready: number;
  /** Tasks that are claimed: being called, or about to be. */
  inFlight: number;
  firstSeenAt: string;
}

/** `GET /v1/destinations`. */
export interface DestinationQuery {
  /** Part of the origin. */
  q?: string | undefined;
  state?: "open" | "paused" | undefined;
  /** 1…200, default 50. */
  limit?: number | undefined;
  cursor?: string | undefined;
}

/** The body of `PATCH /v1/destinations/{origin}`. Missing fields stay as they are. */
export interface DestinationChange {
  paused?: boolean | undefined;
  concurrency?: number | null | undefined;
  ratePerSecond?: number | null | undefined;
  keepAlive?: boolean | undefined;
  legacyTimeoutMs?: number | null | undefined;
  breaker?: { enabled?: boolean | undefined; reset?: true | undefined } | undefined;
  /** Why, for the audit log. */
  note?: string | undefined;
}
