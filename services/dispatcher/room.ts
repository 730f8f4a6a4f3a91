/**
 * How much more a dispatcher takes. A job of a target that has not answered here yet (a stranger), or not lately, may hold
 * its slot until its deadline, so those can fill a dispatcher: ten thousand targets that hang, with a task each, would leave
 * no room for anybody's first call. So strangers count against a quarter of the capacity only, and so do targets that were
 * known and hang now (`actors/lanes-here.ts`). What is held of them beyond
 * that waits beside it, in its threads' queues, where others overtake it (`actors/slots.ts`); how many and how large is
 * bounded as well, since memory is.
 */
import type { Ledger } from "../../actors/ledger.ts";

/** Of the capacity, what strangers may take from others. */
const STRANGERS_SHARE = 1 / 4;
/** Strangers that are held beside the capacity, at most. Each costs a destination, and a line in heartbeats. */
export const MAX_STRANGERS = 16_384;
/** While the payloads of strangers are larger than this together, all of them count. */
const MAX_STRANGER_BYTES = 64 * 1024 * 1024;

export class Room {
  readonly capacity: number;
  readonly #ledger: Pick<Ledger, "size" | "retries" | "strangers">;

  constructor(capacity: number, ledger: Pick<Ledger, "size" | "retries" | "strangers">) {
    this.capacity = capacity;
    this.#ledger = ledger;
  }

  /** Of the capacity, what is taken. */
  get used(): number {
    const { first, retries } = this.#ledger.strangers;
    return this.#ledger.size - this.#beside(first + retries);
  }

  /** Of that, by calls that are no first calls. */
  get usedByRetries(): number {
    return this.#ledger.retries - this.#beside(this.#ledger.strangers.retries);
  }

  get free(): number {
    return this.capacity - this.used;
  }

  #beside(strangers: number): number {
    if (this.#ledger.strangers.bytes > MAX_STRANGER_BYTES) return 0;
    return Math.min(MAX_STRANGERS, Math.max(0, strangers - Math.floor(this.capacity * STRANGERS_SHARE)));
  }
}
