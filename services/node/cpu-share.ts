/** How much of a core this process uses, all threads together, over the last seconds. */

const WINDOW = 5_000;

export class CpuShare {
  readonly #timer: NodeJS.Timeout;
  #used = process.cpuUsage();
  #at = performance.now();
  /** 1 is one whole core. */
  share = 0;

  constructor() {
    this.#timer = setInterval(() => this.#measure(), WINDOW).unref();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #measure(): void {
    const { user, system } = process.cpuUsage(this.#used);
    const now = performance.now();
    this.share = (user + system) / 1000 / (now - this.#at);
    this.#used = process.cpuUsage();
    this.#at = now;
  }
}
