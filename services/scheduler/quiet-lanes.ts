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
  /** Their sum. */
  underWay: number;
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
  #lookedAt = Number.NEGATIVE_INFINITY;
  /** What operators set since the last look. */
  readonly #configured = new Map<Lane, { mayBeQuiet: boolean; at: number }>();
  /** Whose breakers opened since the last look, and when that was heard here. */
  readonly #opened = new Map<Lane, number>();
  #schedulers = 0;
  #timer: NodeJS.Timeout | undefined;
  #looking: Promise<void> | null = null;
  #stopped = false;

  constructor(options: QuietLanesOptions) {
    this.#options = options;
    // A heartbeat promotes a lease that is a fifth of its length old, and comes each 3 s at least.
    this.#memory = Math.ceil((0.2 * options.leaseMs + 3_000) / INTERVAL) + 1;
  }

  /** Counts a call as under way where its lane is quiet. @returns whether it is */
  take(lane: Lane): boolean {
    const now = performance.now();
    this.#usedAt = now;
    if (now - this.#seenAt > STALE) {
      this.#look();
      return false;
    }
    if (!this.isQuiet(lane)) return false;
    const handed = this.#lanes.get(lane) ?? this.#open(lane);
    if (handed.underWay >= (handed.window * SHARE) / this.#schedulers) return false;
    handed.perSecond[handed.perSecond.length - 1]! += 1;
    handed.underWay += 1;
    return true;
  }

  /** As far as is known now. */
  isQuiet(lane: Lane): boolean {
    if (this.#schedulers === 0 || !this.#quiet(lane) || this.#opened.has(lane)) return false;
    return this.#configured.get(lane)?.mayBeQuiet !== false;
  }

  /** What was set holds at once; the due set knows it already, and tells with the next look. */
  configured(lane: Lane, { paused, concurrency, ratePerSecond, breaker }: DestinationSettings): void {
    const mayBeQuiet = !paused && concurrency === null && ratePerSecond === null && breaker;
    this.#configured.set(lane, { mayBeQuiet, at: performance.now() });
  }

  /** Its breaker has opened. The due set says so itself, so it knows. */
  opened(lane: Lane): void {
    this.#opened.set(lane, performance.now());
    this.#lookSoon();
  }

  /**
   * A call that was handed over has ended, or was not handed over after all. It may be another scheduler's, whose count falls only
   * with time then; over all schedulers the sum is right.
   */
  ended(lane: Lane, wentWell: boolean): void {
    const handed = this.#lanes.get(lane) ?? this.#open(lane);
    // Most likely it is the oldest.
    const second = handed.perSecond.findIndex((count) => count > 0);
    if (second >= 0) {
      handed.perSecond[second]! -= 1;
      handed.underWay -= 1;
    }
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

  #open(lane: Lane): Handed {
    const handed = {
      perSecond: Array<number>(this.#memory).fill(0),
      underWay: 0,
      well: 0,
      window: RULES.START_WINDOW,
    };
    this.#lanes.set(lane, handed);
    // A scheduler that accepts nothing records all the same, and is asked for no lane.
    this.#lookSoon();
    return handed;
  }

  /** Looks at the due set, unless it did so within the last {@link INTERVAL}. */
  #look(): void {
    const now = performance.now();
    if (this.#looking || this.#stopped || now - this.#lookedAt < INTERVAL * 0.9) return;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#age(Number.isFinite(this.#lookedAt) ? Math.round((now - this.#lookedAt) / INTERVAL) : 0);
    this.#lookedAt = now;
    this.#looking = this.#lookNow(now).finally(() => {
      this.#looking = null;
      const isUsed = performance.now() - this.#usedAt < IDLE || this.#lanes.size > 0 || this.#opened.size > 0;
      if (isUsed) this.#lookSoon();
    });
  }

  /** Unless a look is under way, which sees to the next one itself. */
  #lookSoon(): void {
    if (!this.#stopped && !this.#looking) this.#timer ??= setTimeout(() => this.#look(), INTERVAL);
  }

  async #lookNow(askedAt: number): Promise<void> {
    const { due, schedulers, log } = this.#options;
    try {
      this.#schedulers = schedulers();
      await this.#tell();
      this.#quiet = await due.quiet();
      this.#seenAt = askedAt;
      for (const [lane, { mayBeQuiet, at }] of this.#configured) {
        // What the set does not know yet, because it could not be told, is remembered.
        if (at < askedAt && (mayBeQuiet || !this.#quiet(lane))) this.#configured.delete(lane);
      }
      // It may have closed again by now: then nothing would ever say that it was open.
      for (const [lane, at] of this.#opened) if (at < askedAt) this.#opened.delete(lane);
    } catch (error) {
      // The due set is away: what was seen grows stale, and every task takes the usual way.
      log.debug({ err: (error as Error).message }, "which destinations are quiet is not known");
    }
  }

  async #tell(): Promise<void> {
    const counts = new Map<Lane, number>();
    for (const [lane, { well }] of this.#lanes) if (well > 0) counts.set(lane, well);
    if (counts.size === 0) return;
    const changes = await this.#options.due.wentWell(counts);
    for (const [lane, count] of counts) {
      const handed = this.#lanes.get(lane);
      if (handed) handed.well -= count;
    }
    this.#options.onChanges(changes);
  }

  /** Seconds have passed. Lanes without a call of late are forgotten, and begin with a new window. */
  #age(seconds: number): void {
    for (const [lane, handed] of this.#lanes) {
      for (let i = 0; i < Math.min(seconds, this.#memory); i++) {
        handed.underWay -= handed.perSecond.shift() as number;
        handed.perSecond.push(0);
      }
      if (handed.well === 0 && handed.underWay === 0) this.#lanes.delete(lane);
      else if (!this.isQuiet(lane)) handed.window = RULES.START_WINDOW;
    }
  }
}
