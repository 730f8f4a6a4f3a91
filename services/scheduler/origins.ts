/**
 * Which origins are called: remembered for the list of destinations, beside the path of tasks, which never waits for it; and
 * counted by caller: nobody is to fill that list, and everything else that is kept per destination.
 */
import { setTimeout as pause } from "node:timers/promises";
import { type EpochMs, epochMs, hours } from "../../core/clock.ts";
import { BidaError } from "../../core/errors.ts";
import { addOrigins, latestOrigins } from "../../store/destinations.ts";
import type { Resources } from "../node/resources.ts";

/** Origins that are known to be in the table; beyond this many the one that was met first is asked for anew. */
const MAX_KNOWN = 100_000;
const CHUNK = 500;
/** After a failure of the database, in ms. */
const RETRY = 5_000;
/** How exactly it is kept when a destination was used last. */
const USED_AGAIN = hours(12);
/** Of new destinations, in ms. */
const WINDOW = 60_000;

/** New origins of one caller in the present window. */
interface Count {
  /** Monotonic ms. */
  since: number;
  origins: number;
}

export interface OriginsOptions extends Pick<Resources, "db" | "clock"> {
  /** New ones per caller and minute at this scheduler; 0: any number. */
  limit: number;
  /** Monotonic ms. */
  now?: () => number;
}

export class Origins {
  readonly #options: Required<OriginsOptions>;
  /** Origin → when it was noted that it is used. */
  readonly #known = new Map<string, EpochMs>();
  /** Those that are to be written down, and the caller for whom each counts as new; null: it is known. */
  readonly #fresh = new Map<string, number | null>();
  readonly #counts = new Map<number, Count>();
  /** What is in the table was read: only then it is known what is new. */
  #loaded: Promise<void> | null = null;
  #isLoaded = false;
  #writing = false;

  constructor(options: OriginsOptions) {
    this.#options = { now: () => performance.now(), ...options };
  }

  /** Reads which there are; until then none counts as new. */
  load(): Promise<void> {
    this.#loaded ??= this.#load();
    return this.#loaded;
  }

  /**
   * A task for an origin is about to be accepted.
   * @param caller the app
   * @throws BidaError too_many_requests where it is one more new destination than its caller may have
   */
  saw(origin: string, caller: number): void {
    const now = this.#options.clock.now();
    const usedAt = this.#known.get(origin);
    if (usedAt !== undefined && now - usedAt < USED_AGAIN) return;
    const isNew = usedAt === undefined && this.#isLoaded && this.#options.limit > 0;
    if (isNew) this.#count(caller);
    if (this.#known.size >= MAX_KNOWN) {
      const [oldest] = this.#known.keys();
      this.#known.delete(oldest as string);
    }
    this.#known.set(origin, now);
    this.#fresh.set(origin, isNew ? caller : null);
    if (!this.#writing) void this.#write();
  }

  #count(caller: number): void {
    const { limit, now } = this.#options;
    const at = now();
    const known = this.#counts.get(caller);
    const count = known && at - known.since < WINDOW ? known : { since: at, origins: 0 };
    if (count.origins >= limit) {
      const detail = `More than ${limit} new destinations within a minute (BIDA_NEW_DESTINATIONS)`;
      const retryAfter = Math.ceil((count.since + WINDOW - at) / 1_000);
      throw new BidaError("too_many_requests", detail, { retryAfter });
    }
    count.origins += 1;
    this.#counts.set(caller, count);
  }

  async #load(): Promise<void> {
    for (;;) {
      try {
        const origins = await latestOrigins(this.#options.db, MAX_KNOWN);
        // Whether they are used is not known yet.
        for (const origin of origins) if (!this.#known.has(origin)) this.#known.set(origin, epochMs(0));
        this.#isLoaded = true;
        return;
      } catch {
        await pause(RETRY, undefined, { ref: false });
      }
    }
  }

  async #write(): Promise<void> {
    this.#writing = true;
    while (this.#fresh.size > 0) {
      const some = Array.from(this.#fresh).slice(0, CHUNK);
      const { db, clock } = this.#options;
      try {
        const origins = some.map(([origin]) => origin);
        const added = new Set(await addOrigins(db, origins, clock.now()));
        for (const [origin, caller] of some) {
          this.#fresh.delete(origin);
          // It was in the table, beyond those that are known here: it was not new.
          const count = caller === null ? undefined : this.#counts.get(caller);
          if (count && !added.has(origin)) count.origins -= 1;
        }
      } catch {
        // Anyone who waits for the database elsewhere has said so.
        await pause(RETRY, undefined, { ref: false });
        if (this.#fresh.size > MAX_KNOWN) this.#fresh.clear();
      }
    }
    this.#writing = false;
  }
}
