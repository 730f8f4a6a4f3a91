/** Measures the calls. */
import type { Outcome } from "../../core/job.ts";
import { callDuration, callLateness, calls } from "../../core/metrics.ts";
import { CALL_ERRORS } from "../../core/outcome.ts";

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
