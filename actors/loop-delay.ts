/** How late an event loop is, over the last seconds: of what {@link LoopLag} sees. Works in any thread. */
import { createHistogram } from "node:perf_hooks";

/** The figures are those of the last whole window, in ms. */
const WINDOW = 5_000;

export class LoopDelay {
  readonly #histogram = createHistogram();
  readonly #onWindow: (delay: LoopDelay) => void;
  #since = performance.now();
  /** In ms. */
  p50 = 0;
  p99 = 0;

  /** @param onWindow called with each new pair of figures */
  constructor(onWindow: (delay: LoopDelay) => void = () => undefined) {
    this.#onWindow = onWindow;
  }

  /** A look at the loop: it was late by so many ms. */
  record(lagMs: number): void {
    // In µs; the smallest that a histogram takes is 1.
    this.#histogram.record(Math.max(1, Math.round(lagMs * 1_000)));
    const now = performance.now();
    if (now - this.#since < WINDOW) return;
    this.#since = now;
    this.p50 = this.#histogram.percentile(50) / 1_000;
    this.p99 = this.#histogram.percentile(99) / 1_000;
    this.#histogram.reset();
    this.#onWindow(this);
  }
}
