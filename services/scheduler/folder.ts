/** Has the statistics folded and pruned. Every scheduler runs one; the database lets one at a time work. */
import type { Logger } from "moleculer";
import { millis } from "../../core/clock.ts";
import { Loop } from "../../core/loop.ts";
import { pruningTime } from "../../store/installation.ts";
import { foldStats, pruneStats } from "../../store/stats/fold.ts";
import { Contact } from "../node/contact.ts";
import type { Resources } from "../node/resources.ts";

/** Between two folds of the whole cluster, in ms. */
const INTERVAL = 1_000;
/** A fold that takes long is followed by a pause of this many times its length. */
const REST = 10;
/** Between two prunings, in ms. */
const PRUNE_INTERVAL = 600_000;

export class Folder {
  readonly #resources: Resources;
  readonly #loop: Loop;
  #prunedAt = Number.NEGATIVE_INFINITY;

  constructor(resources: Resources, log: Logger) {
    this.#resources = resources;
    const contact = new Contact({
      log,
      lost: "statistics cannot be summed up",
      back: "statistics are summed up again",
      meanwhile: "counting goes on; what was counted waits in stats_deltas",
      level: "warn",
    });
    this.#loop = new Loop({
      round: () => this.#round(),
      everyMs: INTERVAL,
      onDone: () => contact.works(),
      onFailed: (error) => contact.failed(error),
    });
  }

  start(): void {
    this.#loop.start();
  }

  stop(): Promise<void> {
    return this.#loop.stop();
  }

  async #round(): Promise<number> {
    const startedAt = performance.now();
    const more = await this.#fold();
    if (performance.now() - this.#prunedAt > PRUNE_INTERVAL) await this.#prune();
    // What has piled up is worked off at once, the rest of the node permitting.
    return Math.max(more ? 0 : INTERVAL, REST * (performance.now() - startedAt));
  }

  #fold(): Promise<boolean> {
    const { db, clock } = this.#resources;
    // A little less, so the node which folded last finds its own interval over.
    return foldStats(db, clock.now(), millis(INTERVAL * 0.9));
  }

  async #prune(): Promise<void> {
    const { db, clock } = this.#resources;
    const more = await pruneStats(db, await pruningTime(db, clock.now()));
    if (!more) this.#prunedAt = performance.now();
  }
}
