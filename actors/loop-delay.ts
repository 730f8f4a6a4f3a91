/** How late an event loop is, over the last seconds. Works in any thread. */
import { monitorEventLoopDelay } from "node:perf_hooks";

/**
 * Node's sampling timer, in ms; what it measures includes this, so it is taken off. Each sample wakes the thread: with 20 ms that was
 * most of what an idle node cost.
 */
const RESOLUTION = 100;
/** The figures are those of the last whole window, in ms. */
const WINDOW = 5_000;

export class LoopDelay {
  readonly #histogram = monitorEventLoopDelay({ resolution: RESOLUTION });
  readonly #timer: NodeJS.Timeout;
  /** In ms. */
  p50 = 0;
  p99 = 0;

  /** @param onWindow called with each new pair of figures */
  constructor(onWindow: (delay: LoopDelay) => void = () => undefined) {
    this.#histogram.enable();
    this.#timer = setInterval(() => {
      this.p50 = this.#at(50);
      this.p99 = this.#at(99);
      this.#histogram.reset();
      onWindow(this);
    }, WINDOW).unref();
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#histogram.disable();
  }

  /** Nanoseconds to milliseconds. Without a sample (the loop stood still for the whole window) Node says 0. */
  #at(percentile: number): number {
    return Math.max(0, this.#histogram.percentile(percentile) / 1e6 - RESOLUTION);
  }
}
