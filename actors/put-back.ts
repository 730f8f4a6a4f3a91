/**
 * Jobs whose call this machine could not make (`local-failure.ts`). They keep their leases and their place in what the
 * dispatcher holds for a pause, and are then handed back, to be claimed by any: so they come round once per pause, no more
 * of them than the dispatcher holds, and no attempt is on record.
 */
import type { LeasedJob } from "./lease-trust.ts";

/** Of the first round, in ms; doubled with each that follows, up to the maximum: what has passed is noticed by then. */
const PAUSE = 500;
const MAX_PAUSE = 4_000;

export class PutBack {
  readonly #handBack: (jobs: LeasedJob[]) => void;
  /** Those who came during one pause leave together. */
  #round: LeasedJob[] = [];
  #timer: NodeJS.Timeout | undefined;
  #pause = PAUSE;
  /** Monotonic ms. */
  #endedAt = Number.NEGATIVE_INFINITY;

  constructor(handBack: (jobs: LeasedJob[]) => void) {
    this.#handBack = handBack;
  }

  add(job: LeasedJob): void {
    this.#round.push(job);
    if (this.#timer) return;
    const follows = performance.now() - this.#endedAt < 2 * this.#pause;
    this.#pause = follows ? Math.min(2 * this.#pause, MAX_PAUSE) : PAUSE;
    this.#timer = setTimeout(() => this.drain(), this.#pause);
  }

  /** Hands all of them back now. */
  drain(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#endedAt = performance.now();
    const jobs = this.#round;
    this.#round = [];
    if (jobs.length > 0) this.#handBack(jobs);
  }
}
