import {
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
import type { NodePart } from "../node/node-status.ts";
import type { Pipeline } from "./pipeline.ts";

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
