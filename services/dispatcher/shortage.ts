/**
 * Calls that this machine could not make: a line in the log when it begins, one a minute while it lasts, one when it is over.
 * How often it happened, `bida_jobs_given_up_total{why="put_back"}` says.
 */
import type { Logger } from "moleculer";
import type { LocalFailure } from "../../actors/local-failure.ts";

/** It is over when no call has failed for so long, in ms. Longer than put back calls wait. */
const QUIET = 15_000;
/** Between lines, in ms. */
const LINE_GAP = 60_000;

const WHAT: Record<LocalFailure, string> = {
  sockets: "this machine has no room for more connections",
  names: "no name server can be reached",
  proxy: "the outbound proxy cannot be used",
};

export class Shortage {
  readonly #log: Logger;
  readonly #failure: LocalFailure;
  readonly #quietMs: number;
  #since: number | null = null;
  #lineAt = 0;
  /** Since the first line. */
  #calls = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(log: Logger, failure: LocalFailure, quietMs = QUIET) {
    this.#log = log;
    this.#failure = failure;
    this.#quietMs = quietMs;
  }

  /** A call could not be made. @param err what the system said */
  notice(err: string): void {
    const now = performance.now();
    this.#since ??= now;
    this.#calls += 1;
    if (this.#calls === 1 || now - this.#lineAt > LINE_GAP) {
      this.#lineAt = now;
      const meanwhile = "its calls are put back and made again, at no cost of an attempt";
      this.#log.warn({ err, calls: this.#calls, meanwhile }, WHAT[this.#failure]);
    }
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#over(), this.#quietMs).unref();
  }

  #over(): void {
    const afterMs = Math.round(performance.now() - (this.#since ?? 0));
    this.#log.info({ calls: this.#calls, afterMs }, `no longer: ${WHAT[this.#failure]}`);
    this.#since = null;
    this.#calls = 0;
  }
}
