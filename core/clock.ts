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

export interface Clock {
  now(): EpochMs;
}

/** This machine's clock. */
export const systemClock: Clock = { now: () => Date.now() as EpochMs };

/**
 * This machine's clock corrected to another one's (Redis's, or through a scheduler the cluster's).
 *
 * Each sample says: at some moment between `sentAt` and `receivedAt` of our clock the other one showed
 * `theirs`. The true offset is therefore within half the round trip of the midpoint (Cristian's algorithm).
 * We keep the sample with the shortest round trip, and forget it slowly so that drift is followed.
 */
export class SyncedClock implements Clock {
  #base: Clock;
  #offset = 0;
  #uncertainty = Number.POSITIVE_INFINITY;

  constructor(base: Clock = systemClock) {
    this.#base = base;
  }

  /** Rounded up, so that "now + delay" never lands a fraction of a millisecond early. */
  now(): EpochMs {
    return Math.ceil(this.#base.now() + this.#offset) as EpochMs;
  }

  /** The uncorrected local time, to stamp `sentAt` and `receivedAt` with. */
  local(): EpochMs {
    return this.#base.now();
  }

  sample(sentAt: EpochMs, receivedAt: EpochMs, theirs: EpochMs): void {
    const uncertainty = (receivedAt - sentAt) / 2;
    const offset = theirs - (sentAt + uncertainty);
    const jumped = Math.abs(offset - this.#offset) > uncertainty + this.#uncertainty + 50;
    this.#uncertainty += 0.01;
    if (uncertainty <= this.#uncertainty || jumped) {
      this.#offset = offset;
      this.#uncertainty = uncertainty;
    }
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

  advance(by: number): void {
    this.#now += by;
  }
}
