/** A destination: everything that is called at one origin (`scheme://host:port`). */

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
}

export const NO_SETTINGS: DestinationSettings = {
  paused: false,
  concurrency: null,
  ratePerSecond: null,
  breaker: true,
};
