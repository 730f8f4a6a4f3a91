/** What a dispatcher measures: its calls, and what it holds. */
import type { Outcome } from "../../core/job.ts";
import {
  callDuration,
  callLateness,
  calls,
  callsAllowed,
  callsInFlight,
  drainingNow,
  jobsCapacity,
  jobsHeld,
  outcomesBuffered,
  outcomesOldest,
  retryPace,
  staleConnections,
  threadDelay,
} from "../../core/metrics.ts";
import { CALL_ERRORS } from "../../core/outcome.ts";
import type { NodePart } from "../node/node-status.ts";
import type { Pipeline } from "./pipeline.ts";

/** Observes what came of calls. On the hot path: children are made once, equal counts are added together. */
export class CallMeter {
  readonly #succeeded = calls.labels("succeeded", "none");
  readonly #failed = new Map(Object.keys(CALL_ERRORS).map((code) => [code, calls.labels("failed", code)]));
  readonly #duration = {
    succeeded: callDuration.labels("succeeded"),
    failed: callDuration.labels("failed"),
  };
  readonly #lateness = { first: callLateness.labels("first"), retry: callLateness.labels("retry") };

  constructor() {
    this.#succeeded.inc(0);
  }

  observe(outcomes: Outcome[]): void {
    let succeeded = 0;
    for (const { attempt, first, dueAt } of outcomes) {
      // Expired: no call was made.
      if (!attempt) continue;
      if (attempt.outcome === "succeeded") succeeded += 1;
      else this.#failed.get(attempt.error?.code ?? "crashed")?.inc();
      this.#duration[attempt.outcome].observe(attempt.durationMs / 1000);
      // Both are of the cluster's clock.
      this.#lateness[first ? "first" : "retry"].observe(Math.max(0, attempt.startedAt - dueAt) / 1000);
    }
    if (succeeded > 0) this.#succeeded.inc(succeeded);
  }
}

/** A dispatcher's share of what its node says of itself. */
export function dispatcherStatus(
  pipeline: Pick<Pipeline, "room" | "pool" | "ledger" | "pace" | "draining">,
  threads: number,
): NodePart {
  const { pool, ledger, pace } = pipeline;
  const { capacity } = pipeline.room;
  let staleSeen = 0;
  return {
    info: () => ({
      threads,
      capacity,
      inFlight: pool.inFlight,
      held: ledger.size,
      outcomesBuffered: ledger.ended,
      draining: pipeline.draining,
    }),
    sample() {
      callsInFlight.set(pool.inFlight);
      callsAllowed.set(pool.allowed);
      jobsHeld.set(ledger.size);
      jobsCapacity.set(capacity);
      drainingNow.set(Number(pipeline.draining));
      retryPace.set(Math.round(pace.perSecond));
      outcomesBuffered.set(ledger.ended);
      outcomesOldest.set((performance.now() - (ledger.oldestEnd() ?? performance.now())) / 1000);
      const stale = pool.staleConnections;
      staleConnections.inc(stale - staleSeen);
      staleSeen = stale;
      for (const [thread, micros] of pool.delaysMicros.entries())
        threadDelay.labels(String(thread)).set(micros / 1e6);
    },
  };
}
