/**
 * How late an event loop is at this moment, for anyone who makes less work while it is. `loop-delay.ts` has the figures
 * that people look at. Works in any thread.
 *
 * Each look wakes the thread, and on an idle machine that is most of what it costs; so while nothing is done it looks seldom.
 */

/** Between two looks, in ms: while there is work, and else. */
export const TICK_MS = 20;
const IDLE_TICK_MS = 500;
/** There is work for so long after {@link LoopLag.wake}, in ms. */
const QUICK_MS = 1_000;

export class LoopLag {
  readonly #onTick: (lagMs: number, nextMs: number) => void;
  #timer: NodeJS.Timeout | undefined;
  /** Monotonic ms, as the other. */
  #due = 0;
  #quickUntil = Number.NEGATIVE_INFINITY;
  #stopped = false;

  /**
   * @param onTick called about every {@link TICK_MS} while there is work, seldom else, with the ms by which this call itself
   *   is late, and those until the next one
   */
  constructor(onTick: (lagMs: number, nextMs: number) => void) {
    this.#onTick = onTick;
    this.#tickIn(IDLE_TICK_MS);
  }

  /** There is work. */
  wake(): void {
    const now = performance.now();
    this.#quickUntil = now + QUICK_MS;
    if (this.#due - now > TICK_MS) this.#tickIn(TICK_MS);
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
  }

  #tickIn(ms: number): void {
    if (this.#stopped) return;
    clearTimeout(this.#timer);
    this.#due = performance.now() + ms;
    this.#timer = setTimeout(() => this.#tick(), ms).unref();
  }

  #tick(): void {
    const at = performance.now();
    const next = at < this.#quickUntil ? TICK_MS : IDLE_TICK_MS;
    const lag = Math.max(0, at - this.#due);
    this.#tickIn(next);
    this.#onTick(lag, next);
  }
}
