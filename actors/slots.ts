/** A thread's limit of calls in flight, shared fairly: whoever found no slot is called in turn when one is free. */
export class Slots {
  readonly #count: number;
  #free: number;
  readonly #waiting = new Set<() => void>();
  readonly #onTaken: (taken: number) => void;

  /** @param onTaken told how many are taken, whenever that changes */
  constructor(count: number, onTaken: (taken: number) => void = () => undefined) {
    this.#count = count;
    this.#free = count;
    this.#onTaken = onTaken;
  }

  /** Takes a slot. Where none is free, `retry` is called once when one is, and it may try again. */
  take(retry: () => void): boolean {
    if (this.#free === 0) {
      this.#waiting.add(retry);
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
    const [next] = this.#waiting;
    if (next && this.#free > 0) {
      this.#waiting.delete(next);
      next();
    }
  }
}
