/**
 * Pruning in the background: every scheduler tries at intervals, one works. It takes a few rows at a time, as many as
 * a short transaction can hold, and rests four times as long as each took, so it never uses more than a fifth of
 * one connection (or, in a single process, of the one there is). It keeps no record of where it was: what is gone needs no
 * second look, so it can stop, or die, at any time.
 */
import type { Logger } from "moleculer";
import { epochMs, hours, minutes, seconds } from "../../core/clock.ts";
import type { Lane } from "../../core/ids.ts";
import { Loop } from "../../core/loop.ts";
import { pruneJobs } from "../../store/bulk/acted.ts";
import { pruneDestinations } from "../../store/destinations.ts";
import { runAlone } from "../../store/exclusive.ts";
import { advancePruning } from "../../store/installation.ts";
import { type Position, pruneKeys, pruneLines, pruneTasks, type Step } from "../../store/retention.ts";
import type { Resources } from "../node/resources.ts";

/** After the start. */
const FIRST = seconds(5);
const INTERVAL = minutes(10);
/** Of the time, the share that it may use. */
const SHARE = 1 / 5;
/** How long one transaction should take, in ms; the number of rows follows from it. */
const STEP_MS = 25;
const MIN_ROWS = 50;
const FIRST_ROWS = 100;
const MAX_ROWS = 500;
/** Idle lines of ordered tasks are kept this long. They are our own book-keeping, so this is no setting. */
const IDLE_LINE = hours(24);

/**
 * A destination goes when its last task was accepted so long before those that retention keeps: a task may wait for its first call
 * for a year.
 */
const IDLE_DESTINATION = hours(24 * 366);

/** A clock that is further ahead than this is worth a line. */
const WORTH_A_LINE = hours(24);

export interface Swept {
  tasks: number;
  idempotencyKeys: number;
  orderLines: number;
  destinations: number;
  jobs: number;
}

export class Sweeper {
  readonly #resources: Pick<Resources, "db" | "clock" | "config">;
  readonly #log: Logger;
  readonly #loop: Loop;
  /** Whether the clock was far ahead of retention's. */
  #behind = false;

  constructor(resources: Pick<Resources, "db" | "clock" | "config">, log: Logger) {
    this.#resources = resources;
    this.#log = log;
    this.#loop = new Loop({
      round: async () => void (await this.sweep()),
      firstMs: FIRST,
      everyMs: INTERVAL,
      onFailed: (error) => log.warn({ err: error.message }, "pruning failed; trying again later"),
    });
  }

  start(): void {
    this.#loop.start();
  }

  stop(): Promise<void> {
    return this.#loop.stop();
  }

  /** Prunes all that may go. @returns what went; null where another node is at it */
  async sweep(): Promise<Swept | null> {
    const { db, clock, config } = this.#resources;
    return runAlone(db, "retention", async () => {
      const startedAt = performance.now();
      const time = await advancePruning(db, clock.now());
      this.#tell(time.behind);
      const swept: Swept = { tasks: 0, idempotencyKeys: 0, orderLines: 0, destinations: 0, jobs: 0 };
      if (config.retentionDays > 0) {
        // At least a day, which is also the least that idempotency keys are kept.
        const cutoff = epochMs(time.now - hours(24 * config.retentionDays));
        swept.tasks = await this.#walk<Position>((after, limit) =>
          pruneTasks(db, cutoff, after, limit, clock.now()),
        );
        swept.destinations = await this.#walk<Lane>((after, limit) =>
          pruneDestinations(db, epochMs(cutoff - IDLE_DESTINATION), after, limit),
        );
        swept.jobs = await this.#walk<true>((_, limit) => pruneJobs(db, cutoff, limit));
        swept.idempotencyKeys = await this.#walk<true>((_, limit) => pruneKeys(db, cutoff, limit));
      }
      const idleSince = epochMs(time.now - IDLE_LINE);
      swept.orderLines = await this.#walk<Buffer>((after, limit) => pruneLines(db, idleSince, after, limit));
      if (Object.values(swept).some((count) => count > 0)) {
        this.#log.info({ ...swept, tookMs: Math.round(performance.now() - startedAt) }, "pruned");
      }
      return swept;
    });
  }

  /** One line when the clock jumped ahead. */
  #tell(behind: number): void {
    const far = behind > WORTH_A_LINE;
    if (far && !this.#behind) {
      const meanwhile = "pruning follows slowly, four hours per sweep; if the clock is wrong, set it right";
      const days = Math.round(behind / hours(24));
      this.#log.warn({ days, meanwhile }, "the clock is days ahead of when this database was in use last");
    }
    this.#behind = far;
  }

  /** Takes step after step. @returns how many rows went */
  async #walk<P>(prune: (after: P | null, limit: number) => Promise<Step<P>>): Promise<number> {
    let pruned = 0;
    let rows = FIRST_ROWS;
    let position: P | null = null;
    while (!this.#loop.stopped) {
      const startedAt = performance.now();
      const step: Step<P> = await prune(position, rows);
      const took = Math.max(performance.now() - startedAt, 1);
      pruned += step.pruned;
      position = step.next;
      if (position === null) break;
      const fitting = Math.round(rows * Math.min(STEP_MS / took, 2));
      rows = Math.min(Math.max(fitting, MIN_ROWS), MAX_ROWS);
      await this.#loop.rest(took * (1 / SHARE - 1));
    }
    return pruned;
  }
}
