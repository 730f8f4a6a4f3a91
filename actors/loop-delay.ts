/** How late an event loop is, over the last seconds. Works in any thread. */
import { monitorEventLoopDelay } from "node:perf_hooks";

/**
 * Node's sampling timer, in ms, in a loop that is busy and in one that is idle; what it measures includes this, so it is taken off.
 * Each sample wakes the thread: with 20 ms that was most of what an idle node cost, with 100 ms still a third.
 */
const RESOLUTION = { busy: 100, idle: 500 };
/** A loop that worked for less than this share of the last window is idle. */
const IDLE_SHARE = 0.02;
/** The figures are those of the last whole window, in ms. */
const WINDOW = 5_000;

export class LoopDelay {
  #resolution = RESOLUTION.busy;
  #histogram = monitorEventLoopDelay({ resolution: this.#resolution });
  #used = performance.eventLoopUtilization();
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
      this.#begin();
      onWindow(this);
    }, WINDOW).unref();
  }

  /** The next window. */
  #begin(): void {
    const used = performance.eventLoopUtilization();
    const { utilization } = performance.eventLoopUtilization(used, this.#used);
    this.#used = used;
    const resolution = utilization < IDLE_SHARE ? RESOLUTION.idle : RESOLUTION.busy;
    if (resolution === this.#resolution) {
      this.#histogram.reset();
      return;
    }
    this.#histogram.disable();
    this.#resolution = resolution;
    this.#histogram = monitorEventLoopDelay({ resolution });
    this.#histogram.enable();
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#histogram.disable();
  }

  /** Nanoseconds to milliseconds. Without a sample (the loop stood still for the whole window) Node says 0. */
  #at(percentile: number): number {
    return Math.max(0, this.#histogram.percentile(percentile) / 1e6 - this.#resolution);
  }
}
