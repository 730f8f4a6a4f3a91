/**
 * One worker thread under supervision: one that dies is replaced, one that does not answer is ended and replaced. Of the
 * jobs it had, those that had not begun are given up, to be claimed again. Calls that were under way are failed attempts,
 * or a task that kills its thread, or holds it up, would do so for ever: `overrun` where the thread was at work on it when it
 * stopped answering, else `crashed`.
 */
import { Worker } from "node:worker_threads";
import { millis } from "../core/clock.ts";
import type { EgressRules } from "../core/egress.ts";
import { leaseOf, type Outcome } from "../core/job.ts";
import type { LeaseName } from "../core/lease.ts";
import type { CallError } from "../core/outcome.ts";
import { threadFile } from "../core/thread-file.ts";
import { ThreadGauges } from "./gauges.ts";
import type { GivenUp, HeldLease } from "./held-lease.ts";
import { LeaseTrust } from "./lease-trust.ts";
import type { PoolOptions } from "./pool-options.ts";
import type { FromThread, ThreadSettings, ToThread } from "./protocol.ts";

/** A thread that dies again at once is started again after this, in ms; doubled each time, up to the maximum. */
const RESTART_PAUSE = 100;
const MAX_RESTART_PAUSE = 10_000;
/** A thread that ran this long is healthy again, in ms. */
const HEALTHY_AFTER = 60_000;
/** Its loop ticks at least each 500 ms; a thread that says nothing for so long is held up by something, in ms. */
const SILENT_AFTER = 2_000;
/** Before its first word it has modules to load, in ms. */
const START_TIME = 60_000;

export class SupervisedThread {
  /** Until when its leases hold by heartbeats. Its own: those of a thread that does not answer are not renewed. */
  readonly trust = new LeaseTrust();
  /** Of the worker that runs now: one that died takes its figures with it. */
  gauges = new ThreadGauges();
  /** It does not answer. */
  silent = false;
  readonly #index: number;
  readonly #options: PoolOptions;
  /** Of workers that died. */
  #staleBefore = 0;
  /** Of the worker that runs now. */
  #drained = Promise.withResolvers<void>();
  #worker: Worker;
  #startedAt = 0;
  #pause = RESTART_PAUSE;
  #stopping = false;
  #clock: ToThread | null = null;
  #egress: EgressRules;
  /** It is not running: between a death and the start of the next one. */
  #down = false;
  #beats = 0;
  /** Since its last beat, in ms, as far as this thread was there to see it. */
  #silentMs = 0;
  /** It is being ended because it did not answer. */
  #overran = false;

  constructor(index: number, options: PoolOptions) {
    this.#index = index;
    this.#options = options;
    this.#egress = options.egress;
    this.#worker = this.#start();
  }

  get staleConnections(): number {
    return this.#staleBefore + this.gauges.stale;
  }

  deliver(leases: HeldLease[]): void {
    for (const held of leases) held.thread = this.#index;
    this.#postJobs(leases);
  }

  post(message: ToThread): void {
    if (message.type === "clock") this.#clock = message;
    if (message.type === "egress") this.#egress = message.rules;
    this.#worker.postMessage(message);
  }

  /** Looks whether it answers. @param passedMs since the last look */
  watch(passedMs: number): void {
    const { beats, started } = this.gauges;
    if (beats !== this.#beats || this.#down) {
      this.#beats = beats;
      this.#silentMs = 0;
      this.#setSilent(false);
      return;
    }
    this.#silentMs += passedMs;
    const { silentAfterMs = SILENT_AFTER, endedAfterMs } = this.#options;
    if (started && this.#silentMs >= silentAfterMs) this.#setSilent(true);
    if (this.#silentMs < (started ? endedAfterMs : START_TIME) || this.#overran || this.#stopping) return;
    this.#overran = true;
    void this.#worker.terminate();
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

  #setSilent(silent: boolean): void {
    if (silent === this.silent) return;
    this.silent = silent;
    this.#options.onSilent(this.#index, silent);
  }

  #postJobs(leases: HeldLease[]): void {
    const jobs = leases.flatMap(({ job }) => job ?? []);
    if (jobs.length > 0) this.post({ type: "deliver", jobs });
  }

  #start(): Worker {
    const { node, egressProxy, dnsServers, sockets, concurrency, destinationConcurrency, ledger } =
      this.#options;
    this.#staleBefore += this.gauges.stale;
    this.gauges = new ThreadGauges();
    this.#beats = this.gauges.beats;
    [this.#overran, this.#down] = [false, false];
    const settings: ThreadSettings = {
      node,
      egress: this.#egress,
      egressProxy,
      dnsServers,
      sockets,
      concurrency,
      destinationConcurrency,
      trust: this.trust.buffer,
      marks: ledger.marks.buffer,
      gauges: this.gauges.buffer,
    };
    this.#drained = Promise.withResolvers<void>();
    const worker = new Worker(threadFile(import.meta, "thread"), {
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
        this.#options.onOutcomes(message.outcomes);
        break;
      case "givenUp":
        this.#giveUp(message.leases, message.why);
        break;
      case "notMade":
        this.#options.onNotMade(message.failure, message.message);
        break;
      case "blocked":
        this.#options.onBlocked(message.blocked);
        break;
      case "drained":
        this.#drained.resolve();
        break;
    }
  }

  #exited(cause: Error): void {
    this.#drained.resolve();
    if (this.#stopping) return;
    const error = this.#overran
      ? new Error(`it did not answer for ${Math.round(this.#silentMs / 1000)} s and was ended`)
      : cause;
    this.#down = true;
    this.#options.onCrash(this.#index, error);
    const { ledger } = this.#options;
    const begun = ledger.onThread(this.#index).filter((held) => ledger.state(held) === "begun");
    if (begun.length > 0) this.#options.onOutcomes(begun.map((held) => this.#failed(held, error)));
    this.#abandon("crashed");
    if (performance.now() - this.#startedAt > HEALTHY_AFTER) this.#pause = RESTART_PAUSE;
    setTimeout(() => {
      if (this.#stopping) return;
      this.#worker = this.#start();
      if (this.#clock) this.post(this.#clock);
      // What arrived while there was no thread, and what was lost meanwhile.
      const arrived = Map.groupBy(ledger.onThread(this.#index), ({ lost }) => lost);
      this.#giveUp(namesOf(arrived.get(true) ?? []), "lost");
      this.#postJobs(arrived.get(false) ?? []);
    }, this.#pause);
    this.#pause = Math.min(this.#pause * 2, MAX_RESTART_PAUSE);
  }

  #abandon(why: GivenUp): void {
    this.#giveUp(namesOf(this.#options.ledger.onThread(this.#index)), why);
  }

  #giveUp(leases: LeaseName[], why: GivenUp): void {
    if (leases.length > 0) this.#options.onGivenUp(leases, why);
  }

  /** The record of a call whose thread died under it. Nobody knows how far it came. */
  #failed({ lease, job }: HeldLease, error: Error): Outcome {
    const { clock, node, ledger } = this.#options;
    const failure: CallError =
      this.#overran && ledger.marks.inHand(job?.place)
        ? { code: "overrun", message: `its thread worked on it when ${error.message}` }
        : { code: "crashed", message: `its thread died: ${error.message}`.slice(0, 500) };
    return {
      ...leaseOf(lease),
      n: lease.n,
      attempt: {
        n: lease.n,
        startedAt: clock.now(),
        durationMs: millis(0),
        outcome: "failed",
        statusCode: null,
        error: failure,
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

const namesOf = (leases: HeldLease[]): LeaseName[] => leases.map(({ lease }) => lease);
