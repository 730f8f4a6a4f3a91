/** Measures the calls. */
import type { Outcome } from "../../core/job.ts";
import { callDuration, callLateness, callPhases, calls } from "../../core/metrics.ts";
import { CALL_ERRORS } from "../../core/outcome.ts";
import { type CallPhases, PHASES, type Phase } from "../../core/phases.ts";

const LABELS: Record<Phase, string> = {
  dns: "dns",
  connect: "connect",
  tls: "tls",
  firstByte: "first_byte",
  body: "body",
};

/** Observes what came of calls. On the hot path: children are made once, equal counts are added together. */
export class CallMeter {
  readonly #succeeded = calls.labels("succeeded", "none");
  readonly #failed = new Map(Object.keys(CALL_ERRORS).map((code) => [code, calls.labels("failed", code)]));
  readonly #duration = {
    succeeded: callDuration.labels("succeeded"),
    failed: callDuration.labels("failed"),
  };
  readonly #phases = Object.fromEntries(
    PHASES.map((phase) => [phase, callPhases.labels(LABELS[phase])]),
  ) as Record<Phase, ReturnType<typeof callPhases.labels>>;
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
      if (attempt.phases) this.#observePhases(attempt.phases);
      // Both are of the cluster's clock.
      this.#lateness[first ? "first" : "retry"].observe(Math.max(0, attempt.startedAt - dueAt) / 1000);
    }
    if (succeeded > 0) this.#succeeded.inc(succeeded);
  }

  #observePhases(phases: CallPhases): void {
    for (const phase of PHASES) {
      const ms = phases[phase];
      if (ms !== null) this.#phases[phase].observe(ms / 1000);
    }
  }
}
