/** Time. Every rule takes its time from a {@link Clock}, so that tests set it and clusters agree on it. */

declare const brand: unique symbol;

/** A duration in milliseconds. */
export type Millis = number & { readonly [brand]: "Millis" };
/** Milliseconds since the Unix epoch, on the cluster's clock (Redis's where there is one). */
export type EpochMs = number & { readonly [brand]: "EpochMs" };

export const millis = (n: number): Millis => n as Millis;
export const seconds = (n: number): Millis => (n * 1000) as Millis;
export const minutes = (n: number): Millis => (n * 60_000) as Millis;
export const hours = (n: number): Millis => (n * 3_600_000) as Millis;
export const epochMs = (n: number): EpochMs => n as EpochMs;

/** `time` moved by `by`. */
export const later = (time: EpochMs, by: Millis): EpochMs => (time + by) as EpochMs;

/**
 * A clock is never exact: it is cut to milliseconds, and another machine's is known only within a round trip. So it
 * answers two questions, each on the safe side.
 */
export interface Clock {
  /** A time that has been reached for certain: what happened "now", what is due "now". */
  now(): EpochMs;
  /** A time that is at least `delay` away for certain: what must not happen early. */
  after(delay: Millis): EpochMs;
}

/** This machine's clock, cut to milliseconds. */
export const systemClock: Clock = {
  now: () => Date.now() as EpochMs,
  after: (delay) => (Date.now() + 1 + delay) as EpochMs,
};

/** This machine's time in milliseconds with fractions; steps of the system clock do not move it. */
const steadyTime = (): number => performance.timeOrigin + performance.now();

/** How fast knowledge of another clock grows old: 50 ppm, as bad as common crystals are. */
const DRIFT = 50e-6;

/**
 * This machine's clock corrected to another one's (Redis's, or through a scheduler the cluster's).
 *
 * Each sample says: at some moment between `sentAt` and `receivedAt` of our clock the other one showed `theirs`. The
 * true offset is within half the round trip of the midpoint (F. Cristian, "Probabilistic clock synchronization",
 * 1989). We keep the sample that is most exact by now.
 */
export class SyncedClock implements Clock {
  #offset = 0;
  #error = 0;
  #sampledAt = Number.NEGATIVE_INFINITY;

  now(): EpochMs {
    const local = steadyTime();
    return Math.floor(local + this.#offset - this.#errorAt(local)) as EpochMs;
  }

  after(delay: Millis): EpochMs {
    const local = steadyTime();
    return Math.ceil(local + this.#offset + this.#errorAt(local) + delay) as EpochMs;
  }

  /** To stamp the ends of a round trip with. */
  local(): number {
    return steadyTime();
  }

  /** @param theirs the other clock, in ms, somewhere within the round trip; @param cut what it may be short of, in ms */
  sample(sentAt: number, receivedAt: number, theirs: number, cut = 0): void {
    const error = (receivedAt - sentAt + cut) / 2;
    const offset = theirs + cut / 2 - (sentAt + receivedAt) / 2;
    const contradicts = Math.abs(offset - this.#offset) > error + this.#errorAt(receivedAt);
    if (error <= this.#errorAt(receivedAt) || contradicts || this.#sampledAt < 0) {
      this.#offset = offset;
      this.#error = error;
      this.#sampledAt = receivedAt;
    }
  }

  #errorAt(local: number): number {
    return Number.isFinite(this.#sampledAt) ? this.#error + (local - this.#sampledAt) * DRIFT : 0;
  }
}

/** A clock that tests turn by hand. */
export class ManualClock implements Clock {
  #now: number;

  constructor(start = 1_700_000_000_000) {
    this.#now = start;
  }

  now(): EpochMs {
    return this.#now as EpochMs;
  }

  after(delay: Millis): EpochMs {
    return (this.#now + delay) as EpochMs;
  }

  advance(by: number): void {
    this.#now += by;
  }
}
