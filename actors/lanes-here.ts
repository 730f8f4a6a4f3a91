/** Of each lane, the jobs that a dispatcher's threads have, and whether its target hangs. For the ledger. */
import type { Lane } from "../core/ids.ts";

/** A target hangs that has had jobs here all this time, in ms, and has answered none of them. */
export const PATIENCE = 5_000;

interface LaneHere {
  jobs: number;
  /** Since when it has jobs here and has answered none, monotonic ms. */
  quietSince: number;
  hangs: boolean;
}

export class LanesHere {
  readonly #lanes = new Map<Lane, LaneHere>();

  jobs(lane: Lane): number {
    return this.#lanes.get(lane)?.jobs ?? 0;
  }

  hangs(lane: Lane): boolean {
    return this.#lanes.get(lane)?.hangs === true;
  }

  came(lane: Lane, now: number): void {
    const here = this.#lanes.get(lane);
    if (here) here.jobs += 1;
    else this.#lanes.set(lane, { jobs: 1, quietSince: now, hangs: false });
  }

  left(lane: Lane): void {
    const here = this.#lanes.get(lane);
    if (!here) return;
    here.jobs -= 1;
    if (here.jobs <= 0) this.#lanes.delete(lane);
  }

  answered(lane: Lane, now: number): void {
    const here = this.#lanes.get(lane);
    if (here) Object.assign(here, { quietSince: now, hangs: false });
  }

  /** To be called every now and then. @returns whether targets hang that did not before */
  look(now: number): boolean {
    let found = false;
    for (const here of this.#lanes.values()) {
      if (here.hangs || now - here.quietSince < PATIENCE) continue;
      here.hangs = true;
      found = true;
    }
    return found;
  }
}
