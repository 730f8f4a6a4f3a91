/**
 * How fast this node takes retries: as fast as its event loops can take. A retry is late already, and its caller is not
 * waiting; a first call shares loops, servers and processors with it, and its caller is. So while loops are late the rate
 * goes down, and while they are in time, and there are more retries to take, it goes up: additive increase and
 * multiplicative decrease (D.-M. Chiu and R. Jain, 1989), as congestion control does it. Where no first calls come,
 * nobody is held up, and more lateness is tolerated.
 *
 * A rate and not a number at once, because a retry costs what starting and recording it costs, however long its target
 * takes to answer.
 */
import { TICK_MS } from "../../actors/loop-lag.ts";
import type { Job } from "../../core/job.ts";

/** Retries per second: where it begins beside first calls, and its bounds beside them and alone. */
const START = 500;
const MAX = 20_000;
const MIN = 100;
const MIN_ALONE = 2_000;
/** First calls per retry that are taken at least, however late loops are: nothing waits for ever. */
const FIRST_PER_RETRY = 7;
/** What is not taken at once may be taken later, for so many times as long as a tick takes. */
const SAVED = 2;
/**
 * So many may be saved at any rate: a second's worth of the lowest. A claim takes a round trip and a look at the database, on a
 * busy machine a second: with room for fewer retries in each, the lowest rate would not be reached.
 */
const LEAST_SAVED = MIN;
/** A loop that stood still longer than this, in ms, does not get all that it missed. */
const LONGEST_TICK = 250;
/** How late loops may be on average, in ms, while first calls come, and else. */
const BEARABLE = 2;
const BEARABLE_ALONE = 25;
/** First calls "come" for so long after the last one, in ms. */
const MEMORY = 1_000;
/** The weight of the newest look at how late loops are. */
const WEIGHT = 0.2;
/** Retries per second that are added per tick; without first calls the rate grows by this share of itself. */
const STEP = 5;
const GROWTH = 0.3;
const CUT = 0.7;
/** Per tick in which less than half of what may be taken is. */
const DECAY = 0.98;
/** Between two cuts, in ms: the first one takes a moment to be felt. */
const CUT_PAUSE = 100;

export class RetryPace {
  #perSecond = START;
  #room = 0;
  #lateMs = 0;
  #cutAt = Number.NEGATIVE_INFINITY;
  #firstAt = Number.NEGATIVE_INFINITY;
  #tickedAt = Number.NEGATIVE_INFINITY;
  /** Since the last tick. */
  #retries = 0;
  /** First calls per second, smoothed. */
  #firstPerSecond = 0;
  #first = 0;

  /** How many retries may be taken now. */
  get room(): number {
    return Math.max(0, Math.floor(this.#room));
  }

  /** The rate that is allowed now. */
  get perSecond(): number {
    return this.#perSecond;
  }

  /** These were taken. */
  took(jobs: Job[]): void {
    const retries = jobs.reduce((sum, { first }) => sum + Number(!first), 0);
    this.#retries += retries;
    this.#room -= retries;
    this.#first += jobs.length - retries;
  }

  /**
   * To be called at each tick of `actors/loop-lag.ts`.
   * @param lagMs how late the latest of the node's event loops is
   * @param now monotonic ms
   */
  tick(lagMs: number, now: number): void {
    const passed = now - this.#tickedAt;
    const seconds = Math.min(passed, LONGEST_TICK) / 1000;
    this.#tickedAt = now;
    const wasAlone = now - this.#firstAt >= MEMORY;
    if (this.#first > 0) {
      this.#firstAt = now;
      if (wasAlone) this.#perSecond = Math.min(this.#perSecond, START);
    }
    this.#firstPerSecond += WEIGHT * (this.#first / (passed / 1000) - this.#firstPerSecond);
    this.#lateMs += WEIGHT * (lagMs - this.#lateMs);
    const firstCalls = now - this.#firstAt < MEMORY;
    this.#adjust(now, firstCalls, this.#perSecond * seconds);
    this.#first = 0;
    this.#retries = 0;
    const share = this.#perSecond * seconds;
    // Where no jobs come ticks are seldom: the first retries that come soon after first calls do not get all of that at once.
    const saved = SAVED * (firstCalls ? Math.min(share, (this.#perSecond * TICK_MS) / 1000) : share);
    this.#room = Math.min(this.#room + share, Math.max(LEAST_SAVED, saved));
  }

  /** @param share retries that could have been taken since the last tick */
  #adjust(now: number, firstCalls: boolean, share: number): void {
    if (this.#lateMs > (firstCalls ? BEARABLE : BEARABLE_ALONE)) {
      if (now - this.#cutAt < CUT_PAUSE) return;
      this.#cutAt = now;
      this.#perSecond *= CUT;
    } else if (this.#retries >= share / 2) {
      this.#perSecond += firstCalls ? STEP : this.#perSecond * GROWTH;
    } else if (this.#perSecond > START) {
      // What was accepted a while ago says nothing of now.
      this.#perSecond *= DECAY;
    }
    const least = firstCalls ? Math.max(MIN, this.#firstPerSecond / FIRST_PER_RETRY) : MIN_ALONE;
    this.#perSecond = Math.min(MAX, Math.max(least, this.#perSecond));
  }
}
