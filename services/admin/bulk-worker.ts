/**
 * Works on jobs over many tasks, one at a time and a step at a time; callers take turns, of {@link TURN} each. A step is small, because the calls that it causes
 * begin together and others' first calls stand behind them; and it rests much longer than each step takes, so where
 * the database or this process has much to do, the job yields. Every `admin` node has one; a job's lease lets one of them
 * work on it. `npm run bench:bulk` measures what it does to others.
 */
import type { Logger } from "moleculer";
import type { JobKind } from "../../core/bulk.ts";
import { callerKey, seesMasks } from "../../core/caller.ts";
import { later, type Millis, millis, seconds } from "../../core/clock.ts";
import { Loop } from "../../core/loop.ts";
import { recordAudit } from "../../store/audit.ts";
import { addActed } from "../../store/bulk/acted.ts";
import { JobLost, type StoredJob } from "../../store/bulk/rows.ts";
import { advanceJob, holdJob, leaseJob, othersWait, takeJob } from "../../store/bulk/work.ts";
import { type Candidate, searchMatching, stillFits } from "../../store/change-many.ts";
import { reasonOf } from "../../store/failures.ts";
import type { TaskFilter } from "../../store/read.ts";
import type { Position } from "../../store/retention.ts";
import { Contact } from "../node/contact.ts";
import type { Resources } from "../node/resources.ts";
import { actionOf, applyTo } from "./bulk-apply.ts";
import { jobFilterOf } from "./bulk-filter.ts";
import { restAfter, stepOf, Turn } from "./bulk-pace.ts";
import { BulkPages, type JobPage } from "./bulk-pages.ts";
import { advanced } from "./bulk-progress.ts";

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
/** A rest that ends so much too late, in ms: this process, which may be the whole of Bida, has much to do. It rests on. */
const LATE = 20;
/** For so many times what it was late. */
const LATE_REST = 6;
const LONGEST_REST = 2_000;
/** Tasks that are looked up at once: their search may cost far more than a step. Of a job with a pace those of a minute. */
const PAGE = 1_000;
const PAGE_SECONDS = 60;

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
/** Callers whose turns are remembered. */
const MAX_OWNERS = 10_000;

export class BulkWorker {
  readonly #resources: Resources;
  readonly #log: Logger;
  readonly #loop: Loop;
  readonly #kinds: readonly JobKind[];
  /** Caller → when its job was worked on last, in monotonic ms. */
  readonly #servedAt = new Map<string, number>();
  readonly #pages = new BulkPages();
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

  /** @returns 0 where there was a job: there may be another one; otherwise when to look again, in ms */
  async #round(): Promise<number> {
    const { db, clock } = this.#resources;
    const servedAt = (owner: string) => this.#servedAt.get(owner) ?? 0;
    const job = await takeJob(db, clock.now(), LEASE, { kinds: this.#kinds, servedAt });
    if (job === null) return this.#pages.untilDue(LOOK);
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
    const isNews = id !== this.#lastJob && !this.#pages.has(id);
    if (isNews) this.#log.info({ jobId: id, kind, fence, done, matched }, "bulk job taken");
    this.#lastJob = id;
    let until: number = 0;
    try {
      const turn = new Turn(
        () => othersWait(db, clock.now(), this.#kinds, taken),
        () => this.#pages.isDue,
      );
      let job = taken;
      let gap = 0;
      let page = this.#pages.take(taken);
      while (!this.#loop.stopped && job.state === "running" && !turn.over && gap === 0) {
        ({ job, gap, page } = await this.#page(job, page ?? (await this.#search(job)), turn));
      }
      this.#failures.delete(id);
      if (job.state === "running") this.#pages.keep(job, page, gap);
      until = gap > 0 ? later(clock.now(), millis(Math.ceil(gap))) : 0;
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
  async #search(job: StoredJob): Promise<JobPage> {
    const masked = seesMasks(job.actor);
    const { rows: filter } = await jobFilterOf(job.filter, job.bound, this.#resources, masked);
    const startedAt = performance.now();
    const { db } = this.#resources;
    const count = job.pace === null ? PAGE : Math.min(PAGE, job.pace * PAGE_SECONDS);
    const { found, end } = await searchMatching(db, job.scope, filter, job.position, count, this.#look);
    const took = performance.now() - startedAt;
    if (took < QUICK) this.#look = Math.min(this.#look * 2, MOST_LOOK);
    else if (took > SLOW) this.#look = Math.max(Math.floor(this.#look / 2), LEAST_LOOK);
    return { filter, tasks: found, end };
  }

  /**
   * @returns the job as it is after the tasks of this page, or after as many of them as there was time for; what is left of the
   *   page; and how long the job rests before it goes on, in ms: others go meanwhile
   * @throws JobLost
   */
  async #page(taken: StoredJob, { filter, tasks, end }: JobPage, turn: Turn) {
    let job = taken;
    let left = tasks;
    let gap = 0;
    // Also without a task: the last step is what ends a job.
    do {
      if (this.#loop.stopped) break;
      const startedAt = performance.now();
      const step = left.slice(0, stepOf(job));
      left = left.slice(step.length);
      const before = job.changed;
      job = await this.#step(job, step, filter, left.length === 0 ? end : undefined);
      if (job.state !== "running") break;
      const after = restAfter(job, performance.now() - startedAt, job.changed - before);
      gap = after.gap;
      if (gap > 0 || (await turn.ends())) break;
      await this.#yield(after.rest);
    } while (left.length > 0);
    return { job, gap, page: left.length > 0 ? { filter, tasks: left, end } : null };
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
    let now = job;
    let after = job;
    const callCounts = new Map(candidates.map(({ taskId, callCount }) => [taskId, callCount]));
    await applyTo(this.#resources, actionOf(job.kind), candidates, by, {
      // Somebody may have changed them since they were looked up.
      isMeant: (task) => stillFits(filter, task, callCounts.get(task.taskId) ?? 0),
      schedule: job.schedule ?? "once",
      before: async (within) => {
        // Its pace may have been changed; all else only this node writes.
        now = await holdJob(within, job);
      },
      after: async (within, changed) => {
        after = advanced(now, candidates, upTo, changed, clock.now());
        await advanceJob(within, after);
        if (job.schedule !== null)
          await addActed(
            within,
            job.id,
            changed.changes.map(({ after }) => after.taskId),
          );
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
