/** When a destination was away, told from what its calls came to by the minute. */
import type { EpochMs } from "./clock.ts";

/** The calls of one minute. */
export interface CallMinute {
  /** Its beginning. */
  at: EpochMs;
  calls: number;
  failed: number;
}

/** A stretch in which most calls failed. */
export interface OutageWindow {
  /** Beginning of the first minute in which most calls failed. */
  from: EpochMs;
  /** Beginning of the first minute after it in which most calls went well; null: there was none yet. */
  to: EpochMs | null;
  calls: number;
  failed: number;
}

/** Fewer failed calls are no outage. */
const MIN_FAILED = 3;
/** A destination that is back for less than this, and away again, was away all the time. */
const CALM = 5 * 60_000;

/**
 * The latest outage in `minutes`, which are in order of time; those without calls may be missing, and say nothing: while
 * a breaker is open, few calls are made.
 * @param known an outage is known to have begun then, before the first of `minutes`
 */
export function lastOutage(minutes: Iterable<CallMinute>, known: EpochMs | null = null): OutageWindow | null {
  const runs: OutageWindow[] =
    known === null ? [] : [{ from: known, to: null, calls: MIN_FAILED, failed: MIN_FAILED }];
  for (const { at, calls, failed } of minutes) {
    if (calls === 0) continue;
    const run = runs.at(-1);
    if (failed * 2 < calls) {
      if (run?.to === null) run.to = at;
    } else if (run && (run.to === null || at - run.to < CALM)) {
      run.to = null;
      run.calls += calls;
      run.failed += failed;
    } else runs.push({ from: at, to: null, calls, failed });
  }
  return runs.findLast(({ failed }) => failed >= MIN_FAILED) ?? null;
}
