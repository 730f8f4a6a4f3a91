/**
 * Works on jobs over many tasks, one at a time and a step at a time; callers take turns, of {@link TURN} each. A step is small, because the calls that it causes
 * begin together and others' first calls stand behind them; and it rests much longer than each step takes, so where
 * the database or this process has much to do, the job yields. Every `admin` node has one; a job's lease lets one of them
 * work on it. `npm run bench:bulk` measures what it does to others.
 */
import type { Logger } from "moleculer";
import type { JobKind } from "../../core/bulk.ts";
import { callerKey, seesMasks } from "../../core/caller.ts";
import { type EpochMs, later, type Millis, millis, seconds } from "../../core/clock.ts";
import { Loop } from "../../core/loop.ts";
import { recordAudit } from "../../store/audit.ts";
import {
  advanceJob,
  holdJob,
  JobLost,
  leaseJob,
  othersWait,
  type StoredJob,
  takeJob,
} from "../../store/bulk-jobs.ts";
import { type Candidate, searchMatching, stillFits } from "../../store/change-many.ts";
import { reasonOf } from "../../store/failures.ts";
import type { TaskFilter } from "../../store/read.ts";
import type { Position } from "../../store/retention.ts";
import { Contact } from "../node/contact.ts";
import type { Resources } from "../node/resources.ts";
import { actionOf, added, applyTo } from "./bulk-apply.ts";
import { jobFilterOf } from "./bulk-filter.ts";

/** A job whose node says nothing for so long is taken by another one. */
const LEASE = seconds(15);
const RENEWAL = seconds(5);
/**
 * Between two looks for a job, in ms. Who makes one wakes the worker of its own node; a look finds what another node that died
 * or stops has left.
 */
const LOOK = 5_000;
/** After a round that failed, in ms: a search that the database cannot take must not come each second. */
const FAILURE = { first: 1_000, max: 60_000 };
/**
 * Tasks in one step, which is one transaction; and how long it rests after it: so many times its length, and at least so
 * many ms. A task that is called again costs the engine far more than its step, one that ends costs nothing more.
 */
const PACE = {
  retry: { step: 10, rest: 6, minRest: 60 },
  cancel: { step: 50, rest: 4, minRest: 20 },
  resolve: { step: 50, rest: 4, minRest: 20 },
};
/** A rest that ends so much too late, in ms: this process, which may be the whole of Bida, has much to do. It rests on. */
const LATE = 20;
/** For so many times what it was late. */
const LATE_REST = 6;
const LONGEST_REST = 2_000;
/** Tasks that are looked up at once: their search may cost far more than a step. */
const PAGE = 1_000;

/** Of all tasks, so many are looked through by one search: more while it is quick, fewer where it is slow or fails. */
const FIRST_LOOK = 5_000;
const LEAST_LOOK = 100;
const MOST_LOOK = 100_000;
/** In ms. */
const QUICK = 50;
const SLOW = 500;
/** A job that fails is left alone for so long, in ms; twice as long each time. */
const FIRST_PAUSE = 5_000;
const LONGEST_PAUSE = 300_000;
/** While another caller's job waits, one works for so long, in ms. */
const TURN = 2_000;
/** Callers whose turns are remembered. */
const MAX_OWNERS = 10_000;

export class BulkWorker {
  readonly #resources: Resources;
  readonly #log: Logger;
  readonly #loop: Loop;
  readonly #kinds: readonly JobKind[];
  /** Caller → when its job was worked on last, in monotonic ms. */
  readonly #servedAt = new Map<string, number>();
  /** The job that was worked on last. */
  #lastJob = "";
  /** Tasks that one search looks through. */
  #look = FIRST_LOOK;
  /** Of jobs, that failed since they last went on. */
  readonly #failures = new Map<string, number>();

  /** @param kinds that it works on */
  constructor(resources: Resources, log: Logger, kinds: readonly JobKind[]) {
    this.#resources = resources;
    this.#kinds = kinds;
    this.#log = log;
    const contact = new Contact({
      log,
      lost: "bulk jobs cannot go on",
      back: "bulk jobs go on again",
      meanwhile: "jobs stand still; what is done is kept, and they go on by themselves",
      level: "warn",
    });
    this.#loop = new Loop({
      round: () => this.#round(),
      everyMs: LOOK,
      failure: FAILURE,
      onDone: () => contact.works(),
      onFailed: (error) => contact.failed(error),
    });
  }

  start(): void {
    this.#loop.start();
  }

  /** There is a new job. */
  wake(): void {
    this.#loop.wake();
  }

  stop(): Promise<void> {
    return this.#loop.stop();
  }

  /** @returns 0 where there was a job: there may be another one */
  async #round(): Promise<number> {
    const { db, clock } = this.#resources;
    const servedAt = (owner: string) => this.#servedAt.get(owner) ?? 0;
    const job = await takeJob(db, clock.now(), LEASE, { kinds: this.#kinds, servedAt });
    if (job === null) return LOOK;
    await this.#work(job);
    if (this.#servedAt.size >= MAX_OWNERS) this.#servedAt.clear();
    this.#servedAt.set(callerKey(job.actor), performance.now());
    return 0;
  }

  async #work(taken: StoredJob): Promise<void> {
    const { db, clock } = this.#resources;
    const renewal = setInterval(() => {
      leaseJob(db, taken, later(clock.now(), LEASE)).catch(() => undefined);
    }, RENEWAL);
    const { id, kind, fence, done, matched } = taken;
    if (id !== this.#lastJob) this.#log.info({ jobId: id, kind, fence, done, matched }, "bulk job taken");
    this.#lastJob = id;
    let until: number = 0;
    try {
      const turn = new Turn(() => othersWait(db, clock.now(), this.#kinds, taken));
      let job = taken;
      while (!this.#loop.stopped && job.state === "running" && !turn.over) job = await this.#page(job, turn);
      this.#failures.delete(id);
      until = 0;
    } catch (error) {
      if (error instanceof JobLost) until = 0;
      else until = later(clock.now(), this.#putOff(taken, error as Error));
    } finally {
      clearInterval(renewal);
      // Not before then, by this node or another one: jobs that came later go first.
      await leaseJob(db, taken, until).catch(() => undefined);
    }
  }

  /** A job failed. @returns for how long it is left alone */
  #putOff({ id, kind }: StoredJob, error: Error): Millis {
    const failures = (this.#failures.get(id) ?? 0) + 1;
    this.#failures.set(id, failures);
    this.#look = Math.max(Math.floor(this.#look / 4), LEAST_LOOK);
    const pause = millis(Math.min(FIRST_PAUSE * 2 ** (failures - 1), LONGEST_PAUSE));
    this.#log.warn(
      {
        jobId: id,
        kind,
        failures,
        err: reasonOf(error.cause ?? error),
        againInMs: pause,
        meanwhile: "others go first",
      },
      "a bulk job cannot go on",
    );
    return pause;
  }

  /** The next page: of so many tasks that looking through them takes a moment, and no search of it takes long. */
  async #search(job: StoredJob, filter: TaskFilter) {
    const startedAt = performance.now();
    const page = await searchMatching(this.#resources.db, job.scope, filter, job.position, PAGE, this.#look);
    const took = performance.now() - startedAt;
    if (took < QUICK) this.#look = Math.min(this.#look * 2, MOST_LOOK);
    else if (took > SLOW) this.#look = Math.max(Math.floor(this.#look / 2), LEAST_LOOK);
    return page;
  }

  /** @returns the job as it is after the next page of tasks, or after as much of it as there was time for @throws JobLost */
  async #page(taken: StoredJob, turn: Turn): Promise<StoredJob> {
    const filter = await jobFilterOf(taken.filter, taken.bound, this.#resources, seesMasks(taken.actor));
    const { found: page, end } = await this.#search(taken, filter);
    const { step, rest, minRest } = PACE[actionOf(taken.kind)];
    let job = taken;
    // Also without a task: the last step is what ends a job.
    for (let from = 0; from === 0 || from < page.length; from += step) {
      if (this.#loop.stopped) break;
      const startedAt = performance.now();
      const isLast = from + step >= page.length;
      const upTo = isLast ? end : undefined;
      job = await this.#step(job, page.slice(from, from + step), filter, upTo);
      if (job.state !== "running" || (await turn.ends())) break;
      const took = performance.now() - startedAt;
      await this.#yield(Math.max(minRest, rest * took));
    }
    return job;
  }

  /**
   * @param upTo where all is done with these tasks: up to there; null: there is nothing more
   * @returns the job as it is after these tasks @throws JobLost
   */
  async #step(
    job: StoredJob,
    candidates: Candidate[],
    filter: TaskFilter,
    upTo: Position | null | undefined,
  ): Promise<StoredJob> {
    const { clock } = this.#resources;
    const { actor, sourceIp, requestPath, note } = job;
    const by = { actor, sourceIp, requestPath, note, group: job.id };
    let after = job;
    const callCounts = new Map(candidates.map(({ taskId, callCount }) => [taskId, callCount]));
    await applyTo(this.#resources, actionOf(job.kind), candidates, by, {
      // Somebody may have changed them since they were looked up.
      isMeant: (task) => stillFits(filter, task, callCounts.get(task.taskId) ?? 0),
      before: (within) => holdJob(within, job),
      after: async (within, { changes, skipped }) => {
        after = advanced(job, candidates, upTo, changes.length, skipped, clock.now());
        await advanceJob(within, after);
        if (after.state === "finished") {
          const { matched, done, changed } = after;
          await recordAudit(within, {
            at: clock.now(),
            ...by,
            action: "job.finish",
            target: { type: "job", id: job.id },
            after: { kind: job.kind, matched, done, changed, skipped: after.skipped },
          });
        }
      },
    });
    if (after.state === "finished") {
      const { id, kind, matched, done, changed } = after;
      this.#log.info({ jobId: id, kind, matched, done, changed }, "bulk job finished");
    }
    return after;
  }

  async #yield(ms: number): Promise<void> {
    const until = performance.now() + LONGEST_REST;
    for (let rest = Math.min(ms, LONGEST_REST); ; ) {
      const due = performance.now() + rest;
      await this.#loop.rest(rest);
      const late = performance.now() - due;
      if (this.#loop.stopped || late < LATE || performance.now() > until) return;
      rest = Math.min(LATE_REST * late, LONGEST_REST);
    }
  }
}

/** How long a job goes on before another caller's. */
class Turn {
  over = false;
  readonly #othersWait: () => Promise<boolean>;
  #endsAt = performance.now() + TURN;

  constructor(othersWait: () => Promise<boolean>) {
    this.#othersWait = othersWait;
  }

  /** Whether it is over now; where nobody else waits, another one begins. */
  async ends(): Promise<boolean> {
    if (performance.now() < this.#endsAt) return false;
    this.#endsAt = performance.now() + TURN;
    this.over = await this.#othersWait();
    return this.over;
  }
}

function advanced(
  job: StoredJob,
  candidates: Candidate[],
  upTo: Position | null | undefined,
  changed: number,
  skipped: Record<string, number>,
  now: EpochMs,
): StoredJob {
  const last = upTo ?? candidates.at(-1);
  const ended = upTo === null;
  return {
    ...job,
    state: ended ? "finished" : "running",
    finishedAt: ended ? now : null,
    done: job.done + candidates.length,
    changed: job.changed + changed,
    skipped: added(job.skipped, skipped),
    position: last ? { createdAt: last.createdAt, taskId: last.taskId } : job.position,
  };
}
