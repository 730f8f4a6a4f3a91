/** Claiming from the due set in Redis: which partitions are asked, in what turn, and for how much. */
import { millis, type SyncedClock } from "../core/clock.ts";
import type { DueEntry } from "../core/job.ts";
import { type DueSetOptions, holdersTime, QUANTUM, RETRY_SHARE } from "./due-set.ts";
import { entryOf, PARTITIONS } from "./members.ts";
import type { RunScript } from "./redis-scripts.ts";
import type { RedisWake } from "./redis-wake.ts";

/**
 * By a clock that jumps ahead all leases end at once, and their calls are under way. So a claim says when it comes at the latest, and
 * where Redis shows more it takes no lease back. That is so much of a lease, at most so many ms, and so long a claim may travel;
 * a shorter jump leaves the most of each lease, which holders renew meanwhile.
 */
const ON_THE_WAY = { share: 1 / 4, most: 3_000 };

export class RedisClaims {
  readonly #run: RunScript;
  readonly #wake: RedisWake;
  readonly #clock: SyncedClock;
  readonly #options: DueSetOptions;
  /** Leases that had run out and were given to others. */
  recovered = 0;
  /** Monotonic ms; until then leases that ran out are left to their holders. */
  #holdersUntil = Number.NEGATIVE_INFINITY;

  constructor(run: RunScript, wake: RedisWake, clock: SyncedClock, options: DueSetOptions) {
    this.#run = run;
    this.#wake = wake;
    this.#clock = clock;
    this.#options = options;
  }

  holdersFirst(): void {
    this.#holdersUntil = performance.now() + holdersTime(this.#options.leaseMs);
  }

  get awaitsHolders(): boolean {
    return performance.now() < this.#holdersUntil;
  }

  /**
   * Rounds over the partitions that may have something, an even share of the room each, so first calls of one
   * partition go before retries of another; until the room is full or nothing is left.
   */
  async claim(holder: string, room: number, retries: number): Promise<DueEntry[]> {
    const taken: DueEntry[] = [];
    /** Partitions that had nothing for this claim. */
    const dry = new Set<number>();
    for (let round = 0; round < PARTITIONS && taken.length < room; round++) {
      const asked = this.#wake.inTurn().filter((partition) => !dry.has(partition));
      if (asked.length === 0) break;
      const left = {
        room: room - taken.length,
        retries: retries - taken.filter(({ first }) => !first).length,
      };
      // What it may still take is first calls, and claims for those alone are parked beside it.
      if (retries > 0 && left.retries === 0) break;
      try {
        taken.push(...(await this.#claimFromAll(asked, dry, holder, left)));
      } catch (error) {
        // What was leased already must not be lost to the caller.
        if (taken.length === 0) throw error;
        break;
      }
    }
    return taken;
  }

  /**
   * Shares the room evenly, and what retries may have of it; with less of either than partitions the first ones are asked.
   * They are asked in one pipeline.
   */
  async #claimFromAll(
    partitions: number[],
    dry: Set<number>,
    holder: string,
    { room, retries }: { room: number; retries: number },
  ): Promise<DueEntry[]> {
    const most = Math.min(partitions.length, room, retries || room);
    const share = Math.ceil(room / most);
    const asked = partitions.slice(0, Math.ceil(room / share));
    const retryShare = Math.ceil(retries / asked.length);
    const answers = await Promise.allSettled(
      asked.map(async (partition, i) => {
        const its = Math.min(share, room - i * share);
        const allowed = Math.max(0, Math.min(its, retryShare, retries - i * retryShare));
        const part = await this.#claimFrom(partition, holder, its, allowed);
        // One that was asked for first calls only may have retries for the next round.
        if (part.length === 0 && (allowed > 0 || retries === 0)) dry.add(partition);
        return part;
      }),
    );
    const taken = answers.flatMap((answer) => (answer.status === "fulfilled" ? answer.value : []));
    const failure = answers.find((answer) => answer.status === "rejected");
    if (failure && taken.length === 0) throw failure.reason;
    return taken;
  }

  async #claimFrom(partition: number, holder: string, room: number, retries: number): Promise<DueEntry[]> {
    const { leaseMs, window } = this.#options;
    const args = [holder, room, retries, leaseMs, window, QUANTUM, RETRY_SHARE, this.#recoversUntil()];
    this.#wake.cool(partition);
    try {
      const [idleFor, recovered, ...flat] = await this.#run("claim", partition, args);
      this.recovered += Number(recovered);
      this.#wake.wakeIn(partition, Number(idleFor));
      const entries: DueEntry[] = [];
      for (let i = 0; i < flat.length; i += 2) entries.push(entryOf(String(flat[i]), Number(flat[i + 1])));
      return entries;
    } catch (error) {
      this.#wake.heat(partition);
      throw error;
    }
  }

  /** By Redis's clock; later it takes no leases back that ran out. 0: it takes none. */
  #recoversUntil(): number {
    // The first answer brings the time.
    if (this.awaitsHolders || !this.#clock.known) return 0;
    const { share, most } = ON_THE_WAY;
    return this.#clock.after(millis(Math.ceil(Math.min(share * this.#options.leaseMs, most))));
  }
}
