/**
 * Searches of the palette come with every few letters, and each has three connections to the database, of which a node has a dozen:
 * two run at once. Who waits goes by callers; of one caller only the latest waits, because nobody looks at the answers to
 * what was typed before.
 */
import { BidaError } from "../../core/errors.ts";

const AT_ONCE = 2;
/** Callers that may wait. */
const MOST = 100;

export class Searches {
  #running = 0;
  /** In order of their turns. */
  readonly #waiting = new Map<string, PromiseWithResolvers<void>>();

  /**
   * Runs a search when its turn comes.
   * @throws BidaError too_many_requests where the same caller has asked for another one meanwhile, or too many wait
   */
  async run<T>(caller: string, search: () => Promise<T>): Promise<T> {
    if (this.#running < AT_ONCE) this.#running += 1;
    else await this.#turn(caller);
    try {
      return await search();
    } finally {
      this.#next();
    }
  }

  #turn(caller: string): Promise<void> {
    const former = this.#waiting.get(caller);
    if (former === undefined && this.#waiting.size >= MOST)
      throw new BidaError("too_many_requests", `Too many searches wait: at most ${MOST}`, {
        retryAfter: 1,
      });
    const turn = Promise.withResolvers<void>();
    // It keeps the place of the one before.
    this.#waiting.set(caller, turn);
    former?.reject(
      new BidaError("too_many_requests", "Another search was asked for meanwhile", { retryAfter: 1 }),
    );
    return turn.promise;
  }

  #next(): void {
    const [first] = this.#waiting;
    if (first === undefined) {
      this.#running -= 1;
      return;
    }
    const [caller, turn] = first;
    this.#waiting.delete(caller);
    turn.resolve();
  }
}
