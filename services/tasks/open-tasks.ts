/**
 * How many tasks an app has that have not ended. Counting them costs a read, so it is done once for many tasks that are
 * accepted: what an app may have is known to a hundredth, times the number of schedulers.
 */
import { ALARM_APP_ID } from "../../core/alarm/alarm.ts";
import { BidaError } from "../../core/errors.ts";
import { readOverview } from "../../store/stats/overview.ts";
import type { Resources } from "../node/resources.ts";

/** An app at its limit is counted again after this, in ms; it is told to come back then. */
const AGAIN = 5_000;
const MAX_APPS = 10_000;

interface Count {
  /** As it was read last. */
  open: number;
  /** Accepted here since then. */
  added: number;
  readAt: number;
  reading: boolean;
}

export class OpenTasks {
  readonly #resources: Pick<Resources, "db">;
  readonly #limit: number;
  readonly #counts = new Map<number, Count>();

  /** @param limit 0: none */
  constructor(resources: Pick<Resources, "db">, limit: number) {
    this.#resources = resources;
    this.#limit = limit;
  }

  /**
   * To be called before an app's tasks are accepted.
   * @throws BidaError share_used_up
   */
  check(appId: number, now = performance.now()): void {
    if (this.#limit === 0 || !isApp(appId)) return;
    const count = this.#counts.get(appId) ?? this.#open(appId);
    const isFull = count.open + count.added >= this.#limit;
    if (isFull ? now - count.readAt > AGAIN : count.added * 100 >= this.#limit) this.#read(appId, count);
    if (!isFull) return;
    throw new BidaError("share_used_up", `An app may have ${this.#limit} tasks that have not ended`, {
      retryAfter: AGAIN / 1_000,
    });
  }

  /** A task was accepted. */
  accepted(appId: number): void {
    const count = this.#counts.get(appId);
    if (count) count.added++;
  }

  #open(appId: number): Count {
    if (this.#counts.size >= MAX_APPS) this.#counts.clear();
    const count: Count = { open: 0, added: 0, readAt: Number.NEGATIVE_INFINITY, reading: false };
    this.#counts.set(appId, count);
    this.#read(appId, count);
    return count;
  }

  /** In the background; while the database does not answer, nothing is accepted anyway. */
  #read(appId: number, count: Count): void {
    if (count.reading) return;
    count.reading = true;
    const addedBefore = count.added;
    readOverview(this.#resources.db, appId, [])
      .then(
        ({ totals }) => {
          count.open = totals.states.pending;
          count.added -= addedBefore;
        },
        () => undefined,
      )
      .finally(() => {
        count.readAt = performance.now();
        count.reading = false;
      });
  }
}

/** Users' tasks, and messages of alarms, have no app. */
const isApp = (appId: number): boolean => appId !== 0 && appId !== ALARM_APP_ID;
