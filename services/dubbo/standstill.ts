/** How long this process did nothing before what it does now: what it reads may have waited that long. */

/** In ms. A standstill that is shorter may stay unseen. */
const INTERVAL = 25;
/** Timers are late by this much where nothing stood still, in ms. */
const USUAL = 5;

export class Standstill {
  readonly #timer: NodeJS.Timeout;
  readonly #now: () => number;
  #tickedAt: number;
  /** The time between the last two ticks. */
  #gap = 0;

  /** @param now in ms, steady */
  constructor(now: () => number) {
    this.#now = now;
    this.#tickedAt = now();
    this.#timer = setInterval(() => this.#tick(), INTERVAL).unref();
  }

  /**
   * The longest that it can have been, in ms: it may have begun right after a tick. 0: nothing stood still.
   * Timers come before what was read: the last tick knows of a standstill that just ended.
   */
  get delay(): number {
    const gap = Math.max(this.#gap, this.#now() - this.#tickedAt);
    return gap > INTERVAL + USUAL ? gap : 0;
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #tick(): void {
    const now = this.#now();
    this.#gap = now - this.#tickedAt;
    this.#tickedAt = now;
  }
}
