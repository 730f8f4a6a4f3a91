/**
 * A thread's limit of calls in flight, shared fairly. Whoever found no slot is called in turn when one is free: first
 * calls before retries, and retries never get the last of the slots.
 */

/** Of the slots, the share that retries may fill. */
const RETRY_SHARE = 3 / 4;

/**
 * A destination may take this many times what is free. So one alone gets two thirds of the slots, many that hang get
 * little each, and some slots are always free for others. (A. Choudhury and E. Hahne, "Dynamic queue length thresholds
 * for shared-memory packet switches", 1998, with the parameter 2.)
 */
const SHARE_OF_FREE = 2;

export class Slots {
  readonly #count: number;
  readonly #reserve: number;
  #free: number;
  readonly #waiting = { first: new Set<() => void>(), retry: new Set<() => void>() };
  readonly #onTaken: (taken: number) => void;

  /** @param onTaken told how many are taken, whenever that changes */
  constructor(count: number, onTaken: (taken: number) => void = () => undefined) {
    this.#count = count;
    this.#free = count;
    this.#onTaken = onTaken;
    this.#reserve = count - Math.ceil(count * RETRY_SHARE);
  }

  /** How many slots one destination may have just now. */
  get share(): number {
    return this.#free * SHARE_OF_FREE;
  }

  /** Takes a slot. Where none is free for it, `retry` is called once when one is, and it may try again. */
  take(rank: "first" | "retry", retry: () => void): boolean {
    if (!this.#hasRoom(rank)) {
      this.#waiting[rank].add(retry);
      return false;
    }
    this.#free -= 1;
    this.#onTaken(this.#count - this.#free);
    return true;
  }

  give(): void {
    this.#free += 1;
    this.#onTaken(this.#count - this.#free);
    this.offer();
  }

  /** Calls the next in turn where a slot is free; also to be called by whoever was called and had no use for it. */
  offer(): void {
    for (const rank of ["first", "retry"] as const) {
      const [next] = this.#waiting[rank];
      if (!next || !this.#hasRoom(rank)) continue;
      this.#waiting[rank].delete(next);
      next();
      return;
    }
  }

  #hasRoom(rank: "first" | "retry"): boolean {
    return this.#free > (rank === "first" ? 0 : this.#reserve);
  }
}
