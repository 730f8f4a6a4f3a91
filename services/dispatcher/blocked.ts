/**
 * Calls that were blocked, for those who run Bida: callers are told the rule, the log has the addresses. A line per host and
 * minute, for a bounded number of hosts.
 */
import type { Logger } from "moleculer";
import type { Blocked } from "../../actors/egress.ts";
import { egressBlocked } from "../../core/metrics.ts";

const SAME_LINE = 60_000;
const MAX_HOSTS = 1_000;
/** A name server's answer may have any number of them. */
const MAX_ADDRESSES = 8;

export class BlockedCalls {
  readonly #log: Logger;
  readonly #now: () => number;
  /** Host → when it was told, in monotonic ms; in the order of that. */
  readonly #told = new Map<string, number>();

  constructor(log: Logger, now: () => number = () => performance.now()) {
    this.#log = log;
    this.#now = now;
  }

  notice({ host, addresses, rule }: Blocked): void {
    egressBlocked[rule].inc();
    const now = this.#now();
    for (const [known, at] of this.#told) {
      if (now - at < SAME_LINE && this.#told.size < MAX_HOSTS) break;
      this.#told.delete(known);
    }
    if (this.#told.has(host)) return;
    this.#told.set(host, now);
    this.#log.warn({ host, addresses: addresses.slice(0, MAX_ADDRESSES), rule }, "a call was blocked");
  }
}
