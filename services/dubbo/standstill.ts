/** How long this process did nothing before what it does now: what it reads may have waited that long. */

/** In ms. */
const INTERVAL = 100;

export class Standstill {
  readonly #timer: NodeJS.Timeout;
  readonly #now: () => number;
  #tickedAt: number;
  #late = 0;

  constructor(now: () => number) {
    this.#now = now;
    this.#tickedAt = now();
    this.#timer = setInterval(() => this.#tick(), INTERVAL).unref();
  }

  /** In ms. Timers come before what was read: the last tick knows of a standstill that just ended. */
  get delay(): number {
    return Math.max(0, this.#late, this.#now() - this.#tickedAt - INTERVAL);
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #tick(): void {
    const now = this.#now();
    this.#late = now - this.#tickedAt - INTERVAL;
    this.#tickedAt = now;
  }
}
