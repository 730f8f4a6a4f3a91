/**
 * Which destinations are quiet, as far as this scheduler knows: first calls to those need no queue, so their tasks go to a
 * dispatcher without the due set (docs/delivery.md, "The short way"). The due set tells about once per second which lanes
 * are busy, and hears then how many calls went well that it did not see: so windows and breakers stay the cluster's.
 */
import type { Logger } from "moleculer";
import type { Millis } from "../../core/clock.ts";
import type { DestinationSettings } from "../../core/destination.ts";
import type { Lane } from "../../core/ids.ts";
import type { DueSet, LaneChange, QuietLanes as Quiet } from "../../due/due-set.ts";
import { RULES } from "../../due/lane-rules.ts";

/** Between two looks at the due set while tasks come, in ms. */
const INTERVAL = 1_000;
/** What was seen longer ago says nothing of now, in ms. */
const STALE = 2_500;
/** After so long without a task nobody looks any more, in ms. */
const IDLE = 5_000;
/** Of a lane's window, the share that all schedulers together may hand over without the due set. */
const SHARE = 1 / 2;

export interface QuietLanesOptions {
  due: Pick<DueSet, "quiet" | "wentWell">;
  log: Logger;
  leaseMs: Millis;
  /** The widest window of a lane. */
  window: number;
  /** How many schedulers there are; 0 where one of them does not know leases that are in rows only. */
  schedulers(): number;
  /** Breakers changed by what was told. */
  onChanges(changes: LaneChange[]): void;
}

/** First calls of one lane that this scheduler handed over. */
interface Handed {
  /** How many are under way, by the second in which they were handed over, the oldest first. */
  perSecond: number[];
  /** How many went well since the last look. */
  well: number;
  /** As the due set's window of this lane grows: by one with each call that went well. */
  window: number;
}

export class QuietLanes {
  readonly #options: QuietLanesOptions;
  /** Seconds after which a call has ended, or its lease was promoted to the due set. */
  readonly #memory: number;
  readonly #lanes = new Map<Lane, Handed>();
  #quiet: Quiet = () => false;
  /** Monotonic ms. */
  #seenAt = Number.NEGATIVE_INFINITY;
  #usedAt = Number.NEGATIVE_INFINITY;
  /** Set since the last look: whether the lane may be quiet. */
  readonly #configured = new Map<Lane, { mayBeQuiet: boolean; at: number }>();
  #schedulers = 0;
  #timer: NodeJS.Timeout | undefined;
  #looking: Promise<void> | null = null;
  #stopped = false;

  constructor(options: QuietLanesOptions) {
    this.#options = options;
    this.#memory = Math.ceil(options.leaseMs / INTERVAL);
  }

  /** Counts a call as under way where its lane is quiet. @returns whether it is */
  take(lane: Lane): boolean {
    const now = performance.now();
    this.#usedAt = now;
    if (now - this.#seenAt > STALE) {
      this.#look();
      return false;
    }
    if (this.#schedulers === 0 || !this.#isQuiet(lane)) return false;
    const handed = this.#lanes.get(lane) ?? this.#open(lane);
    if (underWay(handed) >= (handed.window * SHARE) / this.#schedulers) return false;
    handed.perSecond[handed.perSecond.length - 1]! += 1;
    return true;
  }

  /** What was set holds at once; the due set knows it already, and tells with the next look. */
  configured(lane: Lane, { paused, concurrency, ratePerSecond, breaker }: DestinationSettings): void {
    const mayBeQuiet = !paused && concurrency === null && ratePerSecond === null && breaker;
    this.#configured.set(lane, { mayBeQuiet, at: performance.now() });
  }

  /** A call that was taken ends, or was not handed over. */
  ended(lane: Lane, wentWell: boolean): void {
    const handed = this.#lanes.get(lane) ?? this.#open(lane);
    // Most likely it is the oldest. It may be another scheduler's: then none of ours ends earlier for it.
    const second = handed.perSecond.findIndex((count) => count > 0);
    if (second >= 0) handed.perSecond[second]! -= 1;
    if (!wentWell) return;
    handed.well += 1;
    handed.window = Math.min(handed.window + 1, this.#options.window);
  }

  /** What is not told yet is told. */
  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#timer);
    await this.#looking;
    await this.#tell().catch(() => undefined);
  }

  #isQuiet(lane: Lane): boolean {
    return this.#quiet(lane) && this.#configured.get(lane)?.mayBeQuiet !== false;
  }

  #open(lane: Lane): Handed {
    const handed = { perSecond: Array(this.#memory).fill(0), well: 0, window: RULES.START_WINDOW };
    this.#lanes.set(lane, handed);
    return handed;
  }

  #look(): void {
    if (this.#looking || this.#stopped) return;
    clearTimeout(this.#timer);
    this.#looking = this.#lookNow().finally(() => {
      this.#looking = null;
      const isUsed = performance.now() - this.#usedAt < IDLE || this.#lanes.size > 0;
      if (isUsed && !this.#stopped) this.#timer = setTimeout(() => this.#look(), INTERVAL);
    });
  }

  async #lookNow(): Promise<void> {
    const { due, schedulers, log } = this.#options;
    const askedAt = performance.now();
    try {
      this.#schedulers = schedulers();
      await this.#tell();
      this.#quiet = await due.quiet();
      this.#seenAt = askedAt;
      for (const [lane, { at }] of this.#configured) if (at < askedAt) this.#configured.delete(lane);
    } catch (error) {
      // The due set is away: what was seen grows stale, and every task takes the usual way.
      log.debug({ err: (error as Error).message }, "which destinations are quiet is not known");
    }
    this.#age();
  }

  async #tell(): Promise<void> {
    const counts = new Map<Lane, number>();
    for (const [lane, handed] of this.#lanes) {
      if (handed.well > 0) counts.set(lane, handed.well);
      handed.well = 0;
    }
    if (counts.size === 0) return;
    this.#options.onChanges(await this.#options.due.wentWell(counts));
  }

  /** A second has passed. Lanes without a call of late are forgotten, and begin with a new window. */
  #age(): void {
    for (const [lane, handed] of this.#lanes) {
      handed.perSecond.shift();
      handed.perSecond.push(0);
      if (handed.well === 0 && underWay(handed) === 0) this.#lanes.delete(lane);
      else if (!this.#isQuiet(lane)) handed.window = RULES.START_WINDOW;
    }
  }
}

const underWay = ({ perSecond }: Handed): number => perSecond.reduce((sum, count) => sum + count, 0);
