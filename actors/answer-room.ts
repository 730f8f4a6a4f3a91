/**
 * Memory for answers that have to be looked at as a whole behind their first 64 KiB. A thread has room for a few; the others
 * are read no further until there is room again, or their call's time is over. One target holds a quarter at most: slow ones
 * leave the rest to others.
 */

/** What one answer may take, in bytes. */
export const WHOLE_ANSWER_BYTES = 1024 * 1024;
const PLACES = 32;
const PLACES_PER_OWNER = PLACES / 4;

/** One answer's room. */
export interface Place {
  /** Whether it is there. */
  readonly held: boolean;
  /** Resolves once it is there. */
  readonly granted: Promise<void>;
  /** Gives it back, or gives up waiting. May be called again. */
  release(): void;
}

interface Claim {
  owner: string;
  grant(): void;
}

export class AnswerRoom {
  #free: number;
  readonly #perOwner: number;
  readonly #held = new Map<string, number>();
  #waiting: Claim[] = [];

  constructor(places = PLACES, perOwner = PLACES_PER_OWNER) {
    this.#free = places;
    this.#perOwner = perOwner;
  }

  /** @param owner the target's origin */
  take(owner: string): Place {
    const { promise, resolve } = Promise.withResolvers<void>();
    let state: "waiting" | "held" | "released" = "waiting";
    const claim: Claim = {
      owner,
      grant: () => {
        state = "held";
        resolve();
      },
    };
    this.#waiting.push(claim);
    this.#deal();
    return {
      get held() {
        return state === "held";
      },
      granted: promise,
      release: () => {
        if (state === "held") this.#returned(owner);
        else this.#waiting = this.#waiting.filter((one) => one !== claim);
        state = "released";
      },
    };
  }

  #returned(owner: string): void {
    const left = (this.#held.get(owner) ?? 1) - 1;
    if (left === 0) this.#held.delete(owner);
    else this.#held.set(owner, left);
    this.#free++;
    this.#deal();
  }

  /** First come, first served, but for those whose owner has its share. */
  #deal(): void {
    for (const claim of [...this.#waiting]) {
      if (this.#free === 0) return;
      const held = this.#held.get(claim.owner) ?? 0;
      if (held >= this.#perOwner) continue;
      this.#free--;
      this.#held.set(claim.owner, held + 1);
      this.#waiting.splice(this.#waiting.indexOf(claim), 1);
      claim.grant();
    }
  }
}
