/** For the ledger: of each lane, the jobs that threads have, and whether its target hangs; of all, those of strangers. */
import type { Lane } from "../core/ids.ts";
import type { Job } from "../core/job.ts";
import { type HeldLease, payloadOf, type Strangers } from "./held-lease.ts";

/** A target hangs that has had jobs here all this time, in ms, and has answered none of them. */
export const PATIENCE = 5_000;

interface LaneHere {
  jobs: number;
  /** Since when it has jobs here and has answered none, monotonic ms. */
  quietSince: number;
  hangs: boolean;
}

export class LanesHere {
  readonly strangers: Strangers = { first: 0, retries: 0, bytes: 0 };
  readonly #lanes = new Map<Lane, LaneHere>();

  jobs(lane: Lane): number {
    return this.#lanes.get(lane)?.jobs ?? 0;
  }

  hangs(lane: Lane): boolean {
    return this.#lanes.get(lane)?.hangs === true;
  }

  came(job: Job, stranger: boolean, now: number): void {
    if (stranger) this.#count(job, 1);
    const here = this.#lanes.get(job.lane);
    if (here) here.jobs += 1;
    else this.#lanes.set(job.lane, { jobs: 1, quietSince: now, hangs: false });
  }

  left({ lease, job, stranger }: HeldLease): void {
    if (stranger && job) this.#count(job, -1);
    const here = this.#lanes.get(lease.lane);
    if (!here) return;
    here.jobs -= 1;
    if (here.jobs <= 0) this.#lanes.delete(lease.lane);
  }

  answered(lane: Lane, now: number): void {
    const here = this.#lanes.get(lane);
    if (here) Object.assign(here, { quietSince: now, hangs: false });
  }

  /**
   * To be called every now and then: the jobs of targets that hang are strangers' from now on.
   * @param all what is held
   * @returns whether there are more of those than before
   */
  look(now: number, all: () => Iterable<HeldLease>): boolean {
    let found = false;
    for (const here of this.#lanes.values()) {
      if (here.hangs || now - here.quietSince < PATIENCE) continue;
      here.hangs = true;
      found = true;
    }
    if (!found) return false;
    for (const held of all()) {
      if (held.job === null || held.stranger || !this.hangs(held.lease.lane)) continue;
      held.stranger = true;
      this.#count(held.job, 1);
    }
    return true;
  }

  #count(job: Job, by: 1 | -1): void {
    this.strangers[job.first ? "first" : "retries"] += by;
    this.strangers.bytes += by * payloadOf(job);
  }
}
