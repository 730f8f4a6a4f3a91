/** A due set with one lane to work on: entries that are due now, claimed and ended by one holder. */
import { type Lane, laneOf, newTaskId } from "../../core/ids.ts";
import type { DueEntry } from "../../core/job.ts";
import type { Health } from "../../core/outcome.ts";
import type { AcceptedEntry, DueSet, LaneChange } from "../../due/due-set.ts";
import { partitionOf } from "../../due/members.ts";

/** As a task that is accepted in the moment when it is due. */
export const accepted = (entry: DueEntry): AcceptedEntry => ({ ...entry, acceptedAt: entry.dueAt });

export class Workbench {
  readonly set: DueSet;
  readonly #lane: Lane;
  #woken = Promise.withResolvers<void>();

  constructor(set: DueSet, lane: Lane) {
    this.set = set;
    this.#lane = lane;
    set.onWake(() => {
      this.#woken.resolve();
      this.#woken = Promise.withResolvers();
    });
  }

  entry(more: Partial<DueEntry> = {}): DueEntry {
    return {
      taskId: newTaskId(),
      lane: this.#lane,
      app: 0,
      first: true,
      dueAt: this.set.clock.now(),
      ...more,
    };
  }

  add(count: number): Promise<number> {
    return this.set.add(Array.from({ length: count }, () => this.entry()));
  }

  claim(): Promise<DueEntry[]> {
    return this.set.claim("a", 1000);
  }

  /** Claims at every wake-up until something comes. */
  async claimWhenWoken(): Promise<DueEntry[]> {
    for (;;) {
      const woken = this.#woken.promise;
      const taken = await this.claim();
      if (taken.length > 0) return taken;
      await woken;
    }
  }

  end(entries: DueEntry[], health: Health | null): Promise<LaneChange[]> {
    return this.endEach(entries, () => health);
  }

  /** Ends up to a hundred in one operation. */
  endEach(entries: DueEntry[], health: (i: number) => Health | null): Promise<LaneChange[]> {
    return this.set.settle(
      "a",
      entries.map((entry, i) => ({ entry, next: null, health: health(i) })),
    );
  }

  /** Opens the lane's breaker, with more waiting. */
  async open(): Promise<void> {
    await this.add(100);
    await this.end(await this.claim(), "bad");
  }

  async status() {
    const status = (await this.set.lanes([this.#lane])).get(this.#lane);
    if (!status) throw new Error("nothing is known of the lane");
    return status;
  }

  /** Different lanes that share what the implementation divides lanes into. */
  lanesOfOnePartition(i: number): Lane {
    let found = -1;
    for (let n = 0; ; n++) {
      const lane = laneOf(`http://p${n}`);
      if (partitionOf({ lane }) === partitionOf({ lane: this.#lane })) found += 1;
      if (found === i) return lane;
    }
  }
}
