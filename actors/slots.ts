/**
 * A thread's limit of calls in flight, shared fairly. Each destination has an account; one that wants a slot is given the
 * next that is free for it, in turn. Every change that can free a slot for somebody deals out what is free, so nobody waits
 * beside a free slot, and nobody has to pass one on.
 *
 * Slots are scarce where targets hang: each call holds its own until its deadline. So those whose targets have answered
 * before are not made to wait for those of whom that is not known:
 *
 *   first calls of known ones    may take the last slot
 *   retries of known ones        leave 1/16 free
 *   first calls of others        leave 1/8 free
 *   retries of others            leave 1/4 free
 *   all retries together         3/4 of the slots at most
 *   all silent ones together     1/4 of the slots at most
 */

/** First calls go before retries. */
export type Rank = "first" | "retry";
const RANKS: readonly Rank[] = ["first", "retry"];

/** What is known of a target: `known` answers, of `new` nothing, `silent` lets calls run into their deadlines. */
export type Standing = "known" | "new" | "silent";
const STANDINGS: readonly Standing[] = ["known", "new", "silent"];

const RETRY_SHARE = 3 / 4;
const SILENT_SHARE = 1 / 4;
const LEFT_FREE: Record<Rank, Record<Standing, number>> = {
  first: { known: 0, new: 1 / 8, silent: 1 / 8 },
  retry: { known: 1 / 16, new: 1 / 4, silent: 1 / 4 },
};

/**
 * A destination may take this many times what is free. So one alone gets two thirds of the slots, many that hang get
 * little each, and some slots are always free for others. (A. Choudhury and E. Hahne, "Dynamic queue length thresholds
 * for shared-memory packet switches", 1998, with the parameter 2.)
 */
const SHARE_OF_FREE = 2;

export class Slots {
  #count: number;
  readonly #onTaken: (taken: number) => void;
  #free: number;
  #retries = 0;
  #silent = 0;
  #dealing = false;
  /** Accounts that want a slot, in turn. */
  readonly #waiting: Record<Rank, Record<Standing, Set<SlotAccount>>> = {
    first: { known: new Set(), new: new Set(), silent: new Set() },
    retry: { known: new Set(), new: new Set(), silent: new Set() },
  };

  /** @param onTaken told how many are taken, whenever that changes */
  constructor(count: number, onTaken: (taken: number) => void = () => undefined) {
    this.#count = count;
    this.#free = count;
    this.#onTaken = onTaken;
  }

  /**
   * @param limit slots that this one may have at once
   * @param start begins the call for which a slot was taken, of the rank that was wanted last
   */
  open(limit: number, start: () => void, standing: Standing = "new"): SlotAccount {
    return new SlotAccount(this, limit, start, standing);
  }

  /** There are so many from now on. Where more are taken, none is given until so many have come back. */
  resize(count: number): void {
    this.#free += count - this.#count;
    this.#count = count;
    this.#deal();
  }

  /** For {@link SlotAccount}: its wish, its standing or what it has taken is about to change by `change`. */
  update(account: SlotAccount, change: () => void): void {
    if (account.wants) this.#waiting[account.wants][account.standing].delete(account);
    if (account.standing === "silent") this.#silent -= account.taken;
    change();
    if (account.standing === "silent") this.#silent += account.taken;
    if (account.wants) this.#waiting[account.wants][account.standing].add(account);
    this.#deal();
  }

  /** For {@link SlotAccount}: a call of this rank has ended. */
  free(rank: Rank): void {
    this.#move(rank, 1);
  }

  #move(rank: Rank, freed: 1 | -1): void {
    this.#free += freed;
    if (rank === "retry") this.#retries -= freed;
    this.#onTaken(this.#count - this.#free);
  }

  #deal(): void {
    if (this.#dealing) return;
    this.#dealing = true;
    try {
      for (let next = this.#next(); next; next = this.#next()) {
        this.#move(next.wants as Rank, -1);
        next.begin();
      }
    } finally {
      this.#dealing = false;
    }
  }

  #next(): SlotAccount | undefined {
    for (const rank of RANKS)
      for (const standing of STANDINGS) {
        const waiting = this.#waiting[rank][standing];
        if (waiting.size === 0 || !this.#hasRoom(rank, standing)) continue;
        // Those that have their share have calls under way; so no more are passed over than there are slots.
        for (const account of waiting) if (this.#mayTake(account)) return account;
      }
    return undefined;
  }

  #hasRoom(rank: Rank, standing: Standing): boolean {
    if (this.#free <= Math.floor(LEFT_FREE[rank][standing] * this.#count)) return false;
    if (rank === "retry" && this.#retries >= Math.ceil(RETRY_SHARE * this.#count)) return false;
    return standing !== "silent" || this.#silent < Math.max(1, Math.floor(SILENT_SHARE * this.#count));
  }

  #mayTake({ taken, limit }: SlotAccount): boolean {
    return taken === 0 || taken < Math.min(limit, this.#free * SHARE_OF_FREE);
  }
}

/** One destination's part in the slots. */
export class SlotAccount {
  /** Slots it has. */
  taken = 0;
  /** The rank of the call that it would begin next. */
  wants: Rank | null = null;
  standing: Standing;
  readonly limit: number;
  readonly #slots: Slots;
  readonly #start: () => void;

  constructor(slots: Slots, limit: number, start: () => void, standing: Standing) {
    this.#slots = slots;
    this.limit = limit;
    this.#start = start;
    this.standing = standing;
  }

  /** Asks for a slot, or for none any more. `start` is called as soon as there is one, maybe at once. */
  want(rank: Rank | null): void {
    if (rank === this.wants) return;
    this.#slots.update(this, () => {
      this.wants = rank;
    });
  }

  /** A call that had a slot has ended, or did not begin. */
  give(rank: Rank, standing: Standing = this.standing): void {
    this.#slots.update(this, () => {
      this.taken -= 1;
      this.standing = standing;
      this.#slots.free(rank);
    });
  }

  /** For {@link Slots}: it is given a slot. It wants no other before it says so. */
  begin(): void {
    this.#slots.update(this, () => {
      this.wants = null;
      this.taken += 1;
    });
    this.#start();
  }
}
