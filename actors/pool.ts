/**
 * The pool of worker threads. Each thread is supervised: one that dies is replaced. Of the jobs it held, those that had
 * not begun are given back to be claimed again; calls that were under way are failed attempts (`crashed`), or a task
 * that kills its thread would do so for ever. A lane always goes to the same thread, so that a destination is one actor.
 */
import { Worker } from "node:worker_threads";
import { type Clock, type ClockSample, millis } from "../core/clock.ts";
import { bucketOf } from "../core/ids.ts";
import { leaseOf, type Outcome } from "../core/job.ts";
import { ThreadGauges } from "./gauges.ts";
import { Held } from "./held.ts";
import type { LeasedJob, LeaseTrust } from "./lease-trust.ts";
import { Marks } from "./marks.ts";
import type { FromThread, ThreadSettings, ToThread } from "./protocol.ts";

export interface PoolOptions {
  threads: number;
  /** Calls in flight per thread. */
  concurrency: number;
  node: string;
  egressAllow: string[];
  trust: LeaseTrust;
  /** The cluster's. */
  clock: Clock;
  onOutcomes(outcomes: Outcome[]): void;
  /** Jobs that ended without an outcome: lost to others, handed back, or waiting in a thread that died. */
  onGivenUp(jobs: LeasedJob[], why: "lost" | "handBack" | "crashed"): void;
  /** A thread died; a new one is being started. */
  onCrash(thread: number, error: Error): void;
}

/** A thread that dies again at once is started again after this, in ms; doubled each time, up to the maximum. */
const RESTART_PAUSE = 100;
const MAX_RESTART_PAUSE = 10_000;
/** A thread that ran this long is healthy again, in ms. */
const HEALTHY_AFTER = 60_000;
/** How many jobs can be marked as begun, per call in flight of all threads; those beyond count as not begun. */
const MARKS_PER_CALL = 4;

export class WorkerPool {
  readonly #options: PoolOptions;
  readonly #threads: SupervisedThread[];

  constructor(options: PoolOptions) {
    this.#options = options;
    this.#threads = Array.from({ length: options.threads }, (_, i) => new SupervisedThread(i, options));
  }

  /** Jobs that are on a thread. */
  get held(): number {
    return this.#threads.reduce((sum, thread) => sum + thread.jobs.size, 0);
  }

  /** Calls under way. */
  get inFlight(): number {
    return this.#threads.reduce((sum, thread) => sum + thread.gauges.inFlight, 0);
  }

  /** Kept connections that targets had closed when a request went out on them, since the start. */
  get staleConnections(): number {
    return this.#threads.reduce((sum, thread) => sum + thread.staleConnections, 0);
  }

  /** 99th percentile of each thread's event-loop delay over the last seconds, in µs. */
  get delaysMicros(): number[] {
    return this.#threads.map((thread) => thread.gauges.delayMicros);
  }

  /** How late the latest of the threads' event loops is just now, in ms. */
  get lagMs(): number {
    return Math.max(...this.#threads.map((thread) => thread.gauges.lagMs));
  }

  /** Of them, those that are not first calls. */
  get heldRetries(): number {
    return this.#threads.reduce((sum, thread) => sum + thread.jobs.retries, 0);
  }

  heldJobs(): LeasedJob[] {
    return this.#threads.flatMap((thread) => Array.from(thread.jobs.values()));
  }

  deliver(jobs: LeasedJob[]): void {
    const routed = Map.groupBy(jobs, (job) => bucketOf(job.lane, this.#options.threads));
    for (const [i, part] of routed) this.#threads[i]?.deliver(part);
  }

  lost(taskIds: string[]): void {
    for (const thread of this.#threads) thread.post({ type: "lost", taskIds });
  }

  clock(sample: ClockSample): void {
    for (const thread of this.#threads) thread.post({ type: "clock", sample });
  }

  /** Hands back what has not started, waits for what has, at most `withinMs`; then ends the threads. */
  async stop(withinMs: number): Promise<void> {
    await Promise.all(this.#threads.map((thread) => thread.stop(withinMs)));
  }
}

class SupervisedThread {
  /** What the thread holds. */
  readonly jobs = new Held<LeasedJob>();
  readonly #marks: Marks;
  /** Of the worker that runs now: one that died takes its figures with it. */
  gauges = new ThreadGauges();
  readonly #index: number;
  /** Of workers that died. */
  #staleBefore = 0;
  readonly #options: PoolOptions;
  /** Of the worker that runs now. */
  #drained = Promise.withResolvers<void>();
  #worker: Worker;
  #startedAt = 0;
  #pause = RESTART_PAUSE;
  #stopping = false;
  #clock: ToThread | null = null;

  constructor(index: number, options: PoolOptions) {
    this.#index = index;
    this.#options = options;
    this.#marks = new Marks(options.threads * options.concurrency * MARKS_PER_CALL);
    this.#worker = this.#start();
  }

  get staleConnections(): number {
    return this.#staleBefore + this.gauges.stale;
  }

  /** A task that is in hand already, because its lease ran out and was leased to us again, is not called beside itself. */
  deliver(jobs: LeasedJob[]): void {
    const fresh: LeasedJob[] = [];
    for (const job of jobs) {
      const held = this.jobs.get(job.taskId);
      const kept = held ? { ...held, ...leaseOf(job) } : { ...job, place: this.#marks.take() };
      this.jobs.set(job.taskId, kept);
      if (!held) fresh.push(kept);
    }
    if (fresh.length > 0) this.post({ type: "deliver", jobs: fresh });
  }

  post(message: ToThread): void {
    if (message.type === "clock") this.#clock = message;
    this.#worker.postMessage(message);
  }

  async stop(withinMs: number): Promise<void> {
    this.#stopping = true;
    this.post({ type: "drain" });
    const patience = Promise.withResolvers<void>();
    const timer = setTimeout(patience.resolve, withinMs);
    await Promise.race([this.#drained.promise, patience.promise]);
    clearTimeout(timer);
    await this.#worker.terminate();
    this.#abandon("handBack");
  }

  #start(): Worker {
    const { node, egressAllow, concurrency, trust } = this.#options;
    this.#staleBefore += this.gauges.stale;
    this.gauges = new ThreadGauges();
    const settings: ThreadSettings = {
      node,
      egressAllow,
      concurrency,
      trust: trust.buffer,
      marks: this.#marks.buffer,
      gauges: this.gauges.buffer,
    };
    this.#drained = Promise.withResolvers<void>();
    const worker = new Worker(new URL("thread.ts", import.meta.url), {
      workerData: settings,
      name: `bida-dispatcher-${this.#index}`,
    });
    this.#startedAt = performance.now();
    let failure: Error | null = null;
    worker.on("message", (message: FromThread) => this.#receive(message));
    worker.on("error", (error) => {
      failure = error instanceof Error ? error : new Error(String(error));
    });
    worker.on("exit", (code) => this.#exited(failure ?? new Error(`exit code ${code}`)));
    return worker;
  }

  #receive(message: FromThread): void {
    switch (message.type) {
      case "outcomes":
        this.#options.onOutcomes(message.outcomes.map((outcome) => this.#underItsLease(outcome)));
        break;
      case "givenUp":
        this.#options.onGivenUp(this.#take(message.taskIds), message.why);
        break;
      case "drained":
        this.#drained.resolve();
        break;
    }
  }

  #exited(error: Error): void {
    this.#drained.resolve();
    if (this.#stopping) return;
    this.#options.onCrash(this.#index, error);
    const begun = Array.from(this.jobs.values()).filter(({ place }) => this.#marks.begun(place));
    this.#take(begun.map(({ taskId }) => taskId));
    if (begun.length > 0) this.#options.onOutcomes(begun.map((job) => this.#crashed(job, error)));
    this.#abandon("crashed");
    if (performance.now() - this.#startedAt > HEALTHY_AFTER) this.#pause = RESTART_PAUSE;
    setTimeout(() => {
      if (this.#stopping) return;
      this.#worker = this.#start();
      if (this.#clock) this.post(this.#clock);
      // What arrived while there was no thread.
      if (this.jobs.size > 0) this.post({ type: "deliver", jobs: Array.from(this.jobs.values()) });
    }, this.#pause);
    this.#pause = Math.min(this.#pause * 2, MAX_RESTART_PAUSE);
  }

  /** Takes its job; the outcome ends the lease that this has by now. */
  #underItsLease(outcome: Outcome): Outcome {
    const job = this.#takeOne(outcome.taskId);
    return job && job.dueAt !== outcome.dueAt ? { ...outcome, ...leaseOf(job) } : outcome;
  }

  #abandon(why: "handBack" | "crashed"): void {
    const jobs = this.#take([...this.jobs.keys()]);
    if (jobs.length > 0) this.#options.onGivenUp(jobs, why);
  }

  #take(taskIds: string[]): LeasedJob[] {
    return taskIds.flatMap((taskId) => this.#takeOne(taskId) ?? []);
  }

  #takeOne(taskId: string): LeasedJob | undefined {
    const job = this.jobs.take(taskId);
    this.#marks.give(job?.place);
    return job;
  }

  /** The record of a call whose thread died under it. Nobody knows how far it came. */
  #crashed(job: LeasedJob, error: Error): Outcome {
    const { clock, node } = this.#options;
    return {
      ...leaseOf(job),
      n: job.n,
      attempt: {
        n: job.n,
        startedAt: clock.now(),
        durationMs: millis(0),
        outcome: "failed",
        statusCode: null,
        error: { code: "crashed", message: `its thread died: ${error.message}`.slice(0, 500) },
        responseHeaders: null,
        responseBody: null,
        responseEncoding: "text",
        responseTruncated: false,
        node,
        retryAfterMs: null,
      },
      endedBy: clock.after(millis(0)),
    };
  }
}
