/**
 * A stretch of failures of something that is tried again and again: one log line when it begins, one with its length when it
 * is over. For work of our own; what a node depends on has a `Contact`, with metrics.
 */
import type { Logger } from "moleculer";

export interface StretchOptions {
  log: Logger;
  /** The two log lines. */
  failing: string;
  back: string;
  /** What is done while it fails. */
  meanwhile: string;
  level?: "warn" | "error";
}

export class Stretch {
  readonly #options: StretchOptions;
  /** Monotonic ms; null while it works. */
  #since: number | null = null;

  constructor(options: StretchOptions) {
    this.#options = options;
  }

  failed(error: Error): void {
    if (this.#since !== null) return;
    this.#since = performance.now();
    const { log, failing, meanwhile, level = "warn" } = this.#options;
    log[level]({ err: error.message, meanwhile }, failing);
  }

  works(): void {
    if (this.#since === null) return;
    const afterMs = Math.round(performance.now() - this.#since);
    this.#since = null;
    this.#options.log.info({ afterMs }, this.#options.back);
  }
}
