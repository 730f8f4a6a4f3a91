/**
 * Finds tasks that were handed over without the due set and whose time is over: their dispatcher died before it called them
 * or before it said what came of it, or it could not be heard. The due set takes them in as leases that ran out: a holder that
 * can be heard again in time keeps its own, the others are called again.
 */
import type { Logger } from "moleculer";
import { epochMs } from "../../core/clock.ts";
import { Loop } from "../../core/loop.ts";
import { handedOver } from "../../core/metrics.ts";
import { findEndedHandovers } from "../../store/handovers.ts";
import type { Resources } from "../node/resources.ts";

/** Looks per lease: with the lease itself, and a claim, within twice the lease. */
const PER_LEASE = 4;
/** How far back a look goes, in leases. What is older (all schedulers were away) is the reconciler's. */
const LOOK_BACK = 6;
/** Entries per look. */
const LIMIT = 1_000;

export class HandoverWatch {
  readonly #resources: Resources;
  readonly #log: Logger;
  readonly #loop: Loop;

  constructor(resources: Resources, log: Logger) {
    this.#resources = resources;
    this.#log = log;
    this.#loop = new Loop({
      round: () => this.#round(),
      everyMs: resources.config.leaseMs / PER_LEASE,
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
    const ended = await findEndedHandovers(db, epochMs(now - LOOK_BACK * config.leaseMs), now, LIMIT);
    // Of a set that was emptied the rebuild asks holders first: a lease that a heartbeat had taken in is missing there too.
    if (ended.length === 0 || !(await due.intact())) return;
    const added = await due.addOrphans(ended);
    if (added === 0) return;
    handedOver.ended.inc(added);
    this.#log.warn(
      { tasks: added },
      "tasks that were handed over are overdue; unless their dispatcher speaks for them, they are called again",
    );
  }
}
