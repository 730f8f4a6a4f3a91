/**
 * Works on jobs over many tasks, one at a time and a batch at a time. It rests longer than each batch takes, so that
 * accepting and calling have most of the database to themselves. Every `admin` node has one; a job's lease lets one of
 * them work on it.
 */
import type { Logger } from "moleculer";
import { type EpochMs, later, seconds } from "../../core/clock.ts";
import { recordAudit } from "../../store/audit.ts";
import { advanceJob, holdJob, JobLost, leaseJob, type StoredJob, takeJob } from "../../store/bulk-jobs.ts";
import { type Candidate, nextMatching } from "../../store/change-many.ts";
import type { Resources } from "../lib/resources.ts";
import { actionOf, added, applyTo, BATCH } from "./bulk-apply.ts";
import { jobFilterOf } from "./bulk-filter.ts";

/** A job whose node says nothing for so long is taken by another one. */
const LEASE = seconds(15);
const RENEWAL = seconds(5);
/** Between two looks for a job, in ms. */
const LOOK = 1_000;
/** After each batch: this many times its length, and at least so many ms. */
const REST = 3;
const MIN_REST = 50;

export class BulkWorker {
  readonly #resources: Resources;
  readonly #log: Logger;
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<void> | null = null;
  #endRest: () => void = () => undefined;
  #failingSince: number | null = null;
  #stopped = false;

  constructor(resources: Resources, log: Logger) {
    this.#resources = resources;
    this.#log = log;
  }

  start(): void {
    this.#schedule(LOOK);
  }

  /** There is a new job. */
  wake(): void {
    if (this.#running !== null) return;
    clearTimeout(this.#timer);
    this.#schedule(0);
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#timer);
    this.#endRest();
    await this.#running;
  }

  #schedule(delay: number): void {
    if (this.#stopped) return;
    this.#timer = setTimeout(() => {
      this.#running = this.#round().then((worked) => {
        this.#running = null;
        this.#schedule(worked ? 0 : LOOK);
      });
    }, delay);
  }

  /** @returns whether there was a job */
  async #round(): Promise<boolean> {
    try {
      const { db, clock } = this.#resources;
      const job = await takeJob(db, clock.now(), LEASE);
      if (job) await this.#work(job);
      this.#recovered();
      return job !== null;
    } catch (error) {
      this.#failed(error as Error);
      return false;
    }
  }

  async #work(taken: StoredJob): Promise<void> {
    const { db, clock } = this.#resources;
    const renewal = setInterval(() => {
      leaseJob(db, taken, later(clock.now(), LEASE)).catch(() => undefined);
    }, RENEWAL);
    const { id, kind, fence, done, matched } = taken;
    this.#log.info({ jobId: id, kind, fence, done, matched }, "bulk job taken");
    try {
      let job = taken;
      while (!this.#stopped && job.state === "running") {
        const startedAt = performance.now();
        job = await this.#batch(job);
        if (job.state === "running")
          await this.#rest(Math.max(MIN_REST, REST * (performance.now() - startedAt)));
      }
    } catch (error) {
      if (!(error instanceof JobLost)) throw error;
    } finally {
      clearInterval(renewal);
      await leaseJob(db, taken, 0).catch(() => undefined);
    }
  }

  /** @returns the job as it is after one batch @throws JobLost */
  async #batch(job: StoredJob): Promise<StoredJob> {
    const { db, due, clock } = this.#resources;
    const filter = await jobFilterOf(job.filter, job.bound, due);
    const candidates = await nextMatching(db, job.scope, filter, job.position, BATCH);
    const by = { actor: job.actor, sourceIp: job.sourceIp, requestPath: job.requestPath, note: job.note };
    let after = job;
    await applyTo(this.#resources, actionOf(job.kind), candidates, by, {
      before: (within) => holdJob(within, job),
      after: async (within, { changes, skipped }) => {
        after = advanced(job, candidates, changes.length, skipped, clock.now());
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

  #rest(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, this.#stopped ? 0 : ms);
      this.#endRest = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  #failed(error: Error): void {
    if (this.#failingSince !== null) return;
    this.#failingSince = performance.now();
    const meanwhile = "jobs stand still; what is done is kept, and they go on by themselves";
    this.#log.warn({ err: error.message, meanwhile }, "bulk jobs cannot go on");
  }

  #recovered(): void {
    if (this.#failingSince === null) return;
    const afterMs = Math.round(performance.now() - this.#failingSince);
    this.#log.info({ afterMs }, "bulk jobs go on again");
    this.#failingSince = null;
  }
}

function advanced(
  job: StoredJob,
  candidates: Candidate[],
  changed: number,
  skipped: Record<string, number>,
  now: EpochMs,
): StoredJob {
  const last = candidates.at(-1);
  const ended = candidates.length < BATCH;
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
