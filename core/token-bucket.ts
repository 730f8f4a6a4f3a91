/** A token bucket: `perSecond` on average, and as many at once after a quiet second. */
import { type Millis, millis } from "./clock.ts";

export class TokenBucket {
  #perSecond: number;
  #tokens: number;
  #filledAt: number;

  /** @param now in ms of any steady clock, the same one that {@link take} gets */
  constructor(perSecond: number, now: number) {
    this.#perSecond = perSecond;
    this.#tokens = perSecond;
    this.#filledAt = now;
  }

  /** Takes one token. @returns 0 where there was one; otherwise how long until there is, and none was taken */
  take(now: number): Millis {
    this.#fill(now);
    if (this.#tokens < 1) return millis(Math.ceil(((1 - this.#tokens) / this.#perSecond) * 1000));
    this.#tokens -= 1;
    return millis(0);
  }

  /** The rate from `now` on. */
  setRate(perSecond: number, now: number): void {
    this.#fill(now);
    this.#perSecond = perSecond;
    this.#tokens = Math.min(this.#tokens, perSecond);
  }

  #fill(now: number): void {
    const gained = ((now - this.#filledAt) / 1000) * this.#perSecond;
    this.#tokens = Math.min(this.#perSecond, this.#tokens + Math.max(0, gained));
    this.#filledAt = now;
  }
}
