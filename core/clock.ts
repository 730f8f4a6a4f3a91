/** Time. Every rule takes its time from a {@link Clock}, so tests set it and clusters agree on it. */

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

/** A time as people and JSON have it: ISO 8601, in UTC. @param time ms since the Unix epoch */
export const iso = (time: number): string => new Date(time).toISOString();
/** {@link iso}; null stays null. */
export const isoOrNull = (time: number | null): string | null => (time === null ? null : iso(time));

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

/** A clock of this machine that is set back further than this was wrong by more than anybody should wait for: it is followed. */
const FOLLOWED_AT_ONCE = hours(1);
/** Less than this is no step of the wall clock: the two are read one after another, and NTP slews. In ms. */
const SAME = 20;
/** While it is ahead of the wall clock, it runs slower than that by this share. */
const SLEWING = 0.1;

/**
 * This machine's clock for what has to wait: in a single process it is the cluster's.
 *
 * It goes by the monotonic clock, so a wall clock that is set back holds nothing up. Where the wall clock is ahead (it was
 * set forward, or the machine slept, which the monotonic clock does not count) it is followed at once. Where it was set back, time
 * goes on from where it was, a tenth slower, until the wall clock has caught up: a wait takes at most a tenth longer. What was
 * to happen at a time of the day happens as much too early as the wall clock had been wrong when it was set, never more. A
 * step back of more than an hour is followed at once.
 */
export class WaitingClock implements Clock {
  readonly #wall: () => number;
  readonly #steady: () => number;
  /** What it showed when it was read last, and the monotonic time of that. */
  #shown: number;
  #readAt: number;

  /** @param wall epoch ms @param steady monotonic ms */
  constructor(wall = () => Date.now(), steady = () => performance.now()) {
    this.#wall = wall;
    this.#steady = steady;
    this.#shown = wall();
    this.#readAt = steady();
  }

  now(): EpochMs {
    return Math.floor(this.#read()) as EpochMs;
  }

  after(delay: Millis): EpochMs {
    return (Math.floor(this.#read()) + 1 + delay) as EpochMs;
  }

  #read(): number {
    const [wall, steady] = [this.#wall(), this.#steady()];
    const passed = Math.max(0, steady - this.#readAt);
    this.#readAt = steady;
    const ahead = this.#shown + passed - wall;
    if (ahead <= SAME || ahead > FOLLOWED_AT_ONCE) {
      // Within the noise of reading two clocks it never goes back.
      this.#shown = ahead > FOLLOWED_AT_ONCE ? wall : Math.max(this.#shown, wall);
    } else this.#shown = Math.max(wall, this.#shown + passed * (1 - SLEWING));
    return this.#shown;
  }
}

/** This machine's time in milliseconds with fractions; steps of the system clock do not move it. */
const steadyTime = (): number => performance.timeOrigin + performance.now();

/** How fast knowledge of another clock grows old: 50 ppm, as bad as common crystals are. */
const DRIFT = 50e-6;

/** A round trip to another clock: what is certain of it. All in ms; the first two on our clock, see {@link SyncedClock.local}. */
export interface ClockSample {
  sentAt: number;
  receivedAt: number;
  /** What the other clock showed at most when we sent. */
  sentBy: number;
  /** What it showed at least when we received. */
  reached: number;
}

/** Less than this is no jump: a machine that had no turn, a clock that is slewed. */
const JUMP = millis(250);

/**
 * This machine's clock corrected to another one's (Redis's, or through a scheduler the cluster's).
 *
 * Each sample bounds the offset from both sides (F. Cristian, "Probabilistic clock synchronization", 1989). All bounds hold
 * at once, so we keep where they overlap (K. Marzullo, "Maintaining the time in a distributed system", 1984): one fast way
 * there and one fast way back, of different round trips, are as good as a fast round trip. A sample outside of it says that
 * the other clock is another one by now, or was set: it counts alone.
 */
export class SyncedClock implements Clock {
  readonly #onJump: (ms: Millis) => void;
  #lowest = 0;
  #highest = 0;
  #sampledAt: number | null = null;

  /** @param onJump is told where the other clock was set: by how much at least, below 0 for back */
  constructor(onJump: (ms: Millis) => void = () => undefined) {
    this.#onJump = onJump;
  }

  now(): EpochMs {
    const local = steadyTime();
    return Math.floor(local + this.#lowest - this.#driftUntil(local)) as EpochMs;
  }

  after(delay: Millis): EpochMs {
    const local = steadyTime();
    return Math.ceil(local + this.#highest + this.#driftUntil(local) + delay) as EpochMs;
  }

  /** Whether there was a sample; before that it is this machine's clock. */
  get known(): boolean {
    return this.#sampledAt !== null;
  }

  /** To stamp the ends of a round trip with. */
  local(): number {
    return steadyTime();
  }

  sample({ sentAt, receivedAt, sentBy, reached }: ClockSample): void {
    const [low, high] = [reached - receivedAt, sentBy - sentAt];
    const drift = this.#driftUntil(receivedAt);
    const lowest = Math.max(low, this.#lowest - drift);
    const highest = Math.min(high, this.#highest + drift);
    const isFirst = this.#sampledAt === null;
    const alone = isFirst || lowest > highest;
    const jump = low > this.#highest ? low - this.#highest : high - this.#lowest;
    this.#lowest = alone ? low : lowest;
    this.#highest = alone ? high : highest;
    this.#sampledAt = receivedAt;
    if (alone && !isFirst && Math.abs(jump) >= JUMP) this.#onJump(millis(Math.trunc(jump)));
  }

  #driftUntil(local: number): number {
    return this.#sampledAt === null ? 0 : Math.abs(local - this.#sampledAt) * DRIFT;
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
