/** Has the statistics folded and pruned. Every scheduler runs one; the database lets one at a time work. */
import type { Logger } from "moleculer";
import { millis } from "../../core/clock.ts";
import { pruningTime } from "../../store/installation.ts";
import { foldStats, pruneStats } from "../../store/stats/fold.ts";
import type { Resources } from "../node/resources.ts";
import { Stretch } from "../node/stretch.ts";

/** Between two folds of the whole cluster, in ms. */
const INTERVAL = 1_000;
/** A fold that takes long is followed by a pause of this many times its length. */
const REST = 10;
/** Between two prunings, in ms. */
const PRUNE_INTERVAL = 600_000;

export class Folder {
  readonly #resources: Resources;
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<void> = Promise.resolve();
  #prunedAt = Number.NEGATIVE_INFINITY;
  readonly #stretch: Stretch;
  #stopped = false;

  constructor(resources: Resources, log: Logger) {
    this.#resources = resources;
    this.#stretch = new Stretch({
      log,
      failing: "statistics cannot be summed up",
      back: "statistics are summed up again",
      meanwhile: "counting goes on; what was counted waits in stats_deltas",
    });
  }

  start(): void {
    this.#timer = setTimeout(() => {
      this.#running = this.#round();
    }, INTERVAL);
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#timer);
    await this.#running;
  }

  async #round(): Promise<void> {
    let pause = INTERVAL;
    try {
      const startedAt = performance.now();
      const more = await this.#fold();
      if (performance.now() - this.#prunedAt > PRUNE_INTERVAL) await this.#prune();
      // What has piled up is worked off at once, the rest of the node permitting.
      pause = Math.max(more ? 0 : INTERVAL, REST * (performance.now() - startedAt));
      this.#stretch.works();
    } catch (error) {
      this.#stretch.failed(error as Error);
    }
    if (this.#stopped) return;
    this.#timer = setTimeout(() => {
      this.#running = this.#round();
    }, pause);
  }

  #fold(): Promise<boolean> {
    const { db, clock } = this.#resources;
    // A little less, so that the node which folded last finds its own interval over.
    return foldStats(db, clock.now(), millis(INTERVAL * 0.9));
  }

  async #prune(): Promise<void> {
    const { db, clock } = this.#resources;
    const more = await pruneStats(db, await pruningTime(db, clock.now()));
    if (!more) this.#prunedAt = performance.now();
  }
}
