/** Answers of the admin service about credentials, believed for a while: a check costs a call, and argon2 75 ms. */
import type { BidaError } from "../../core/errors.ts";

/** How long an answer is believed without asking again, in ms. */
const BELIEVED = 10_000;
/** How long while nobody can be asked: accepting goes on without the admin service. */
export const BELIEVED_ALONE = 600_000;
const MAX_ANSWERS = 1_000;

export class Believed<V> {
  readonly #answers = new Map<string, { value: V; askedAt: number }>();
  readonly #asking = new Map<string, Promise<V | null>>();
  readonly #believedMs: number;
  readonly #aloneMs: number;
  #age = 0;

  /** @param aloneMs how long an answer is believed while nobody can be asked */
  constructor(believedMs: number = BELIEVED, aloneMs: number = BELIEVED_ALONE) {
    this.#believedMs = believedMs;
    this.#aloneMs = aloneMs;
  }

  /**
   * @param key a hash of the credentials, never they themselves
   * @param ask resolves to null where the credentials are wrong, which is never believed
   */
  async get(key: string, ask: () => Promise<V | null>): Promise<V | null> {
    const known = this.#answers.get(key);
    if (known && performance.now() - known.askedAt < this.#believedMs) return known.value;
    // Requests that arrive together ask once.
    const asking = this.#asking.get(key) ?? this.#ask(key, ask);
    try {
      return await asking;
    } catch (error) {
      const isAlone = (error as BidaError).code === "unavailable";
      if (isAlone && known && performance.now() - known.askedAt < this.#aloneMs) return known.value;
      throw error;
    }
  }

  /** Somebody's rights changed: everything is asked for again. */
  forget(): void {
    this.#age += 1;
    this.#answers.clear();
    this.#asking.clear();
  }

  #ask(key: string, ask: () => Promise<V | null>): Promise<V | null> {
    const age = this.#age;
    const answer = ask().then((value) => {
      // An answer from before a change may tell of before it.
      if (age === this.#age) this.#keep(key, value);
      return value;
    });
    this.#asking.set(key, answer);
    const done = () => {
      if (this.#asking.get(key) === answer) this.#asking.delete(key);
    };
    answer.then(done, done);
    return answer;
  }

  #keep(key: string, value: V | null): void {
    this.#answers.delete(key);
    if (value === null) return;
    if (this.#answers.size >= MAX_ANSWERS) this.#answers.clear();
    this.#answers.set(key, { value, askedAt: performance.now() });
  }
}
