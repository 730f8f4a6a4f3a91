/**
 * How late an event loop is at this moment, for whoever makes less work while it is. `loop-delay.ts` has the figures
 * that people look at. Works in any thread. While the loop has next to nothing to do it is looked at seldom: a timer
 * that goes off 50 times a second in each thread costs more than everything else that an idle Bida does.
 */
import { performance } from "node:perf_hooks";

/** Between two looks, in ms. */
export const TICK_MS = 20;
/** Between two looks at a loop that rests, in ms. */
export const REST_TICK_MS = 500;
/** A loop rests when it used less than this share of its time since the last look, for {@link CALM_MS}. */
const CALM_SHARE = 0.2;
const CALM_MS = 1_000;

export class LoopLag {
  readonly #onTick: (lagMs: number, tickMs: number) => void;
  #timer: NodeJS.Timeout | undefined;
  #due = 0;
  /** Until the next look, in ms. */
  #tickMs = TICK_MS;
  #used = performance.eventLoopUtilization();
  /** Monotonic ms; when the loop last had something to do. */
  #busyAt = performance.now();
  #stopped = false;

  /**
   * @param onTick called about every {@link TICK_MS} or {@link REST_TICK_MS} with the ms by which this call itself is late,
   *   and those until the next one
   */
  constructor(onTick: (lagMs: number, tickMs: number) => void) {
    this.#onTick = onTick;
    this.#schedule();
  }

  /** There is something to do: the next look is soon. @returns whether it rested until now */
  wake(): boolean {
    this.#busyAt = performance.now();
    if (this.#tickMs === TICK_MS || this.#stopped) return false;
    this.#tickMs = TICK_MS;
    this.#schedule();
    return true;
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
  }

  #schedule(): void {
    clearTimeout(this.#timer);
    this.#due = performance.now() + this.#tickMs;
    this.#timer = setTimeout(() => this.#tick(), this.#tickMs).unref();
  }

  #tick(): void {
    const at = performance.now();
    const lag = Math.max(0, at - this.#due);
    const used = performance.eventLoopUtilization();
    const { utilization } = performance.eventLoopUtilization(used, this.#used);
    this.#used = used;
    if (utilization >= CALM_SHARE) this.#busyAt = at;
    this.#tickMs = at - this.#busyAt < CALM_MS ? TICK_MS : REST_TICK_MS;
    this.#onTick(lag, this.#tickMs);
    if (!this.#stopped) this.#schedule();
  }
}
