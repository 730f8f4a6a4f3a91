/**
 * How late an event loop is at this moment, for whoever makes less work while it is. `loop-delay.ts` has the figures
 * that people look at. Works in any thread.
 */

/** Between two looks, in ms. */
export const TICK_MS = 20;

export class LoopLag {
  readonly #timer: NodeJS.Timeout;

  /** @param onTick called about every {@link TICK_MS} with the ms by which this call itself is late */
  constructor(onTick: (lagMs: number) => void) {
    let due = performance.now() + TICK_MS;
    this.#timer = setInterval(() => {
      const at = performance.now();
      const lag = at - due;
      due = at + TICK_MS;
      onTick(Math.max(0, lag));
    }, TICK_MS).unref();
  }

  stop(): void {
    clearInterval(this.#timer);
  }
}
