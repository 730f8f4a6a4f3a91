/**
 * A thread's limit of calls in flight, shared fairly. Each destination has an account; one that wants a slot is given the
 * next that is free for it, in turn. Every change that can free a slot for somebody deals out what is free, so nobody waits
 * beside a free slot, and nobody has to pass one on.
 *
 * Slots are scarce where targets hang: each call holds its own until its deadline. So those whose targets answer just now
 * are not made to wait for those that answered once, and these not for those of whom that is not known:
 *
 *                  first calls            retries
 *   answering      take the last slot     leave 1/32 free
 *   known          leave 1/16 free        leave 1/16 free
 *   others         leave 1/8 free         leave 1/4 free
 *
 *   all retries together         3/4 of the slots at most, 13/16 where those that come on top are answering ones
 *   all silent ones together     1/4 of the slots at most
 *
 * Others than those two wait in four lines: new and silent ones, first calls and retries. A line that was passed over for
 * the slots of three others of them gets the next, and leaves 1/8 free as first calls do. So none of them starves: a target
 * that is well may stand in each, beside any number that hang.
 */

/** First calls go before retries. */
export type Rank = "first" | "retry";

/**
 * What is known of a target: `answering` has answered within the last seconds, `known` before that; of `new` nothing is known;
 * `silent` lets calls run into their deadlines.
 */
export type Standing = "answering" | "known" | "new" | "silent";

const RETRY_SHARE: Record<Standing, number> = { answering: 13 / 16, known: 3 / 4, new: 3 / 4, silent: 3 / 4 };
const SILENT_SHARE = 1 / 4;
const LEFT_FREE: Record<Rank, Record<Standing, number>> = {
  first: { answering: 0, known: 1 / 16, new: 1 / 8, silent: 1 / 8 },
  retry: { answering: 1 / 32, known: 1 / 16, new: 1 / 4, silent: 1 / 4 },
};
/** What is left free by those whose turn it is, because they were passed over so often. */
const LEFT_FREE_IN_TURN = 1 / 8;
const PASSED_OVER = 3;

/**
 * A destination may take this many times what is free. So one alone gets two thirds of the slots, many that hang get
 * little each, and some slots are always free for others. (A. Choudhury and E. Hahne, "Dynamic queue length thresholds
 * for shared-memory packet switches", 1998, with the parameter 2.)
 */
const SHARE_OF_FREE = 2;

/** Accounts that want a slot for the same kind of call, in turn. */
class Line {
  readonly rank: Rank;
  readonly standing: Standing;
  /** Of {@link LEFT_FREE}. */
  readonly leftFree: number;
  readonly waiting = new Set<SlotAccount>();
  /** Slots that other lines of strangers got since it was given one, while it waited. */
  passedOver = 0;

  constructor(rank: Rank, standing: Standing) {
    this.rank = rank;
    this.standing = standing;
    this.leftFree = LEFT_FREE[rank][standing];
  }
}

const linesOf = (rank: Rank): Record<Standing, Line> => ({
  answering: new Line(rank, "answering"),
  known: new Line(rank, "known"),
  new: new Line(rank, "new"),
  silent: new Line(rank, "silent"),
});

export class Slots {
  #count: number;
  readonly #onTaken: (taken: number) => void;
  #free: number;
  #retries = 0;
  #silent = 0;
  #dealing = false;
  /** Accounts with calls under way. */
  readonly #busy = new Set<SlotAccount>();
  /** Of {@link nextRound}. */
  round = 0;
  readonly #lines: Record<Rank, Record<Standing, Line>> = {
    first: linesOf("first"),
    retry: linesOf("retry"),
  };
  /** Those of targets that are not known; the ones that go first come first. */
  readonly #strangers: readonly Line[] = [
    this.#lines.first.new,
    this.#lines.first.silent,
    this.#lines.retry.new,
    this.#lines.retry.silent,
  ];

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

  /**
   * To be called every few seconds: who has not answered in this round or the one before is not `answering` any more, and who
   * has had calls under way all that time hangs.
   */
  nextRound(): void {
    this.round += 1;
    for (const account of this.#busy) account.nextRound();
  }

  /** For {@link SlotAccount}: its wish, its standing or what it has taken is about to change by `change`. */
  update(account: SlotAccount, change: () => void): void {
    if (account.wants) this.#lines[account.wants][account.line].waiting.delete(account);
    if (account.standing === "silent") this.#silent -= account.taken;
    change();
    if (account.standing === "silent") this.#silent += account.taken;
    if (account.wants) this.#lines[account.wants][account.line].waiting.add(account);
    if (account.taken > 0) this.#busy.add(account);
    else this.#busy.delete(account);
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
        const rank = next.wants as Rank;
        this.#serve(this.#lines[rank][next.line]);
        this.#move(rank, -1);
        next.begin();
      }
    } finally {
      this.#dealing = false;
    }
  }

  #next(): SlotAccount | undefined {
    const { first, retry } = this.#lines;
    return (
      this.#takerIn(first.answering) ??
      this.#takerIn(first.known) ??
      this.#strangerInTurn() ??
      this.#takerIn(first.new) ??
      this.#takerIn(first.silent) ??
      this.#takerIn(retry.answering) ??
      this.#takerIn(retry.known) ??
      this.#takerIn(retry.new) ??
      this.#takerIn(retry.silent)
    );
  }

  #strangerInTurn(): SlotAccount | undefined {
    for (const line of this.#strangers) {
      if (line.passedOver < PASSED_OVER) continue;
      const taker = this.#takerIn(line, LEFT_FREE_IN_TURN);
      if (taker) return taker;
    }
    return undefined;
  }

  #takerIn(line: Line, leftFree = line.leftFree): SlotAccount | undefined {
    if (line.waiting.size === 0 || !this.#hasRoom(line, leftFree)) return undefined;
    // Those that have their share have calls under way; so no more are passed over than there are slots.
    for (const account of line.waiting) if (this.#mayTake(account)) return account;
    return undefined;
  }

  #hasRoom({ rank, standing }: Line, leftFree: number): boolean {
    if (this.#free <= Math.floor(leftFree * this.#count)) return false;
    if (rank === "retry" && this.#retries >= Math.ceil(RETRY_SHARE[standing] * this.#count)) return false;
    return standing !== "silent" || this.#silent < Math.max(1, Math.floor(SILENT_SHARE * this.#count));
  }

  /** A slot goes to one of this line; other strangers that wait are passed over, where it is one itself. */
  #serve(line: Line): void {
    if (line.standing === "answering" || line.standing === "known") return;
    for (const other of this.#strangers) if (other.waiting.size > 0) other.passedOver += 1;
    line.passedOver = 0;
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
  /** The round in which its target answered last. */
  #answeredIn = 0;
  /** The round since which it has had calls under way and none was answered. */
  #quietSince = 0;
  /** It has calls under way, and has answered none for a while. */
  #hangs = false;
  readonly limit: number;
  readonly #slots: Slots;
  readonly #start: () => void;

  constructor(slots: Slots, limit: number, start: () => void, standing: Standing) {
    this.#slots = slots;
    this.limit = limit;
    this.#start = start;
    this.standing = standing;
  }

  /** The standing by which it waits: while it hangs, its good name does not count. */
  get line(): Standing {
    return this.#hangs && this.standing !== "silent" ? "new" : this.standing;
  }

  /** For {@link Slots}: it has calls under way as a round begins. */
  nextRound(): void {
    if (this.#hangs || this.#slots.round - this.#quietSince <= 1) return;
    this.#slots.update(this, () => {
      this.#hangs = true;
    });
  }

  /** Asks for a slot, or for none any more. `start` is called as soon as there is one, maybe at once. */
  want(rank: Rank | null): void {
    if (rank === this.wants) return;
    this.#slots.update(this, () => {
      this.wants = rank;
      if (this.standing === "answering" && this.#slots.round - this.#answeredIn > 1) this.standing = "known";
    });
  }

  /** More is known of its target. */
  learn(standing: Standing): void {
    this.#slots.update(this, () => this.#learn(standing));
  }

  /** A call that had a slot has ended; without a standing: it did not begin, or says nothing. */
  give(rank: Rank, standing?: Standing): void {
    this.#slots.update(this, () => {
      this.taken -= 1;
      if (this.taken === 0) this.#hangs = false;
      if (standing) this.#learn(standing);
      this.#slots.free(rank);
    });
  }

  #learn(standing: Standing): void {
    if (standing === "answering") {
      this.#answeredIn = this.#quietSince = this.#slots.round;
      this.#hangs = false;
    }
    // Only time makes one that answers less than that.
    if (standing === "known" && this.standing === "answering") return;
    this.standing = standing;
  }

  /** For {@link Slots}: it is given a slot. It wants no other before it says so. */
  begin(): void {
    this.#slots.update(this, () => {
      this.wants = null;
      if (this.taken === 0) this.#quietSince = this.#slots.round;
      this.taken += 1;
    });
    this.#start();
  }
}
