/**
 * Finds tasks that were handed over without the due set and whose time is over: their dispatcher died before it called them
 * or before it said what came of it, or it could not be heard. The due set takes them in as leases that ran out: a holder that
 * can be heard again in time keeps its own, the others are called again.
 */
import type { Logger } from "moleculer";
import { epochMs } from "../../core/clock.ts";
import type { DueEntry } from "../../core/job.ts";
import { handedFor } from "../../core/lease.ts";
import { Loop } from "../../core/loop.ts";
import { handedOver } from "../../core/metrics.ts";
import { findEndedHandovers } from "../../store/handovers.ts";
import type { Resources } from "../node/resources.ts";

/** Looks within the time of a handover: with that time itself, and a claim, within twice the lease. */
const PER_HANDOVER = 4;
/** How far back a look goes, in times of a handover. What is older is the reconciler's, which begins one such time after the end. */
const LOOK_BACK = 3;
/** Entries per statement. */
const PAGE = 1_000;

export class HandoverWatch {
  readonly #resources: Resources;
  readonly #log: Logger;
  readonly #loop: Loop;

  constructor(resources: Resources, log: Logger) {
    this.#resources = resources;
    this.#log = log;
    this.#loop = new Loop({
      round: () => this.#round(),
      everyMs: handedFor(resources.config.leaseMs) / PER_HANDOVER,
      onFailed: (error) => log.debug({ err: error.message }, "looking for handovers that have ended failed"),
    });
  }

  start(): void {
    // In one process nothing is handed over.
    if (this.#resources.config.redisUrl !== null) this.#loop.start();
  }

  stop(): Promise<void> {
    return this.#loop.stop();
  }

  async #round(): Promise<void> {
    const { db, due, clock, config } = this.#resources;
    const now = clock.now();
    const since = epochMs(now - LOOK_BACK * handedFor(config.leaseMs));
    let added = 0;
    let after: DueEntry | null = null;
    do {
      const ended: DueEntry[] = await findEndedHandovers(db, since, now, PAGE, after);
      // Of a set that was emptied the rebuild asks holders first: a lease that a heartbeat had taken in is missing there too.
      if (ended.length === 0 || (after === null && !(await due.intact()))) break;
      added += await due.addOrphans(ended);
      after = ended.length === PAGE ? (ended.at(-1) as DueEntry) : null;
    } while (after !== null && !this.#loop.stopped);
    if (added === 0) return;
    handedOver.ended.inc(added);
    this.#log.warn(
      { tasks: added },
      "tasks that were handed over are overdue; unless their dispatcher speaks for them, they are called again",
    );
  }
}
