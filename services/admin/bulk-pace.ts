/** How quick jobs over many tasks are: the size of their steps, the rests between these, and whose turn it is. */
import type { BulkAction } from "../../core/bulk.ts";
import type { StoredJob } from "../../store/bulk/rows.ts";
import { actionOf } from "./bulk-apply.ts";

/**
 * Tasks in one step, which is one transaction; and how long it rests after it: so many times its length, and at least so
 * many ms. A task that is called again costs the engine far more than its step, one that ends costs nothing more.
 */
const GAIT: Record<BulkAction, { step: number; rest: number; minRest: number }> = {
  retry: { step: 10, rest: 6, minRest: 60 },
  cancel: { step: 50, rest: 4, minRest: 20 },
  resolve: { step: 50, rest: 4, minRest: 20 },
};
/** A job with a pace takes so many steps per second, where they have a task each: its calls do not come in bursts. */
const STEPS_PER_SECOND = 4;

type Paced = Pick<StoredJob, "kind" | "pace">;

/** Tasks of a job's next step. */
export function stepOf({ kind, pace }: Paced): number {
  const { step } = GAIT[actionOf(kind)];
  return pace === null ? step : Math.min(step, Math.max(1, Math.floor(pace / STEPS_PER_SECOND)));
}

/**
 * What comes after a step.
 * @param took how long it took, in ms
 * @param changed how many tasks it changed; those that it left out cost nobody anything
 * @returns the rest that every step is followed by, and where the pace asks for a longer one (`gap`), that one, in ms
 */
export function restAfter(job: Paced, took: number, changed: number): { rest: number; gap: number } {
  const { rest, minRest } = GAIT[actionOf(job.kind)];
  const usual = Math.max(minRest, rest * took);
  const asked = job.pace === null ? 0 : (1_000 * changed) / job.pace - took;
  return { rest: usual, gap: asked > usual ? asked : 0 };
}

/** While another caller's job waits, one works for so long, in ms. */
const TURN = 2_000;

/** How long a job goes on before another caller's, or one whose gap is over. */
export class Turn {
  over = false;
  readonly #othersWait: () => Promise<boolean>;
  readonly #isDue: () => boolean;
  #endsAt = performance.now() + TURN;

  /**
   * @param othersWait whether another caller's job waits
   * @param isDue whether a job's gap is over
   */
  constructor(othersWait: () => Promise<boolean>, isDue: () => boolean) {
    this.#othersWait = othersWait;
    this.#isDue = isDue;
  }

  /** Whether it is over now; where nobody else waits, another one begins. */
  async ends(): Promise<boolean> {
    if (this.#isDue()) this.over = true;
    if (this.over || performance.now() < this.#endsAt) return this.over;
    this.#endsAt = performance.now() + TURN;
    this.over = await this.#othersWait();
    return this.over;
  }
}
