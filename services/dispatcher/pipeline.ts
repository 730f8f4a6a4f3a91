/**
 * The dispatcher's part of a task's life, its steps in order. Each is one call here; the code behind it is named beside it.
 *
 *   claim        `demand.ts` asks schedulers for jobs                       → {@link Pipeline.claimed}
 *   ledger       `actors/ledger.ts` takes the leases
 *   thread       `actors/pool.ts` picks the thread by lane
 *   destination  `actors/destination.ts` waits for a slot, and trusts the lease
 *   call         `actors/delivery.ts`: render, sign, call
 *   judge        `core/expect.ts`
 *   outcome      back from the thread                                       → {@link Pipeline.ended}
 *   report       `reporter.ts`, until a scheduler has it on record          → {@link Pipeline.recorded}
 *
 * What leaves before its end: {@link Pipeline.givenUp}, {@link Pipeline.release}. All the while `heartbeat.ts` renews the
 * leases.
 */
import { randomBytes } from "node:crypto";
import type { Logger, ServiceBroker } from "moleculer";
import { type GivenUp, type HeldLease, noReleases, type Releases } from "../../actors/held-lease.ts";
import { MARGIN, monotonicMs, type Trust, trustedUntil } from "../../actors/lease-trust.ts";
import { Ledger } from "../../actors/ledger.ts";
import { WorkerPool } from "../../actors/pool.ts";
import { Standings } from "../../actors/standings.ts";
import { SyncedClock } from "../../core/clock.ts";
import type { Config } from "../../core/config.ts";
import type { ClaimReply } from "../../core/contract.ts";
import type { Lane } from "../../core/ids.ts";
import { type Job, leaseOf, type Outcome } from "../../core/job.ts";
import { handedFor, type LeaseName } from "../../core/lease.ts";
import { jobsGivenUp, threadCrashes } from "../../core/metrics.ts";
import { call } from "../bus/call.ts";
import type { EgressWatch } from "../node/egress.ts";
import { BlockedCalls } from "./blocked.ts";
import { CallMeter } from "./call-meter.ts";
import { Reporter } from "./reporter.ts";
import { RetryPace } from "./retry-pace.ts";
import { MAX_STRANGERS, Room } from "./room.ts";
import { Shortage } from "./shortage.ts";

/** Jobs held per call in flight: enough that threads never wait for the next claim, while others' turns still come. */
const HELD_PER_CALL = 4;
/** Between two looks at who hangs, in ms. */
const LOOK_MS = 1_000;
/** A thread that does not answer is ended after so many leases, or after so long (ms) where leases are short. */
const SILENT_LEASES = 1;
const SHORTEST_PATIENCE = 5_000;

export interface PipelineOptions {
  broker: ServiceBroker;
  log: Logger;
  config: Pick<
    Config,
    | "threads"
    | "concurrency"
    | "destinationConcurrency"
    | "egressProxy"
    | "dnsServers"
    | "socketsPerThread"
    | "leaseMs"
  >;
  egress: Pick<EgressWatch, "rules" | "onChange">;
  /** There may be more room. */
  onFreed(): void;
}

export class Pipeline {
  /** Names this run: leases of a former one are not ours. */
  readonly holder: string;
  readonly room: Room;
  readonly ledger: Ledger;
  readonly pool: WorkerPool;
  readonly clock = new SyncedClock();
  readonly pace = new RetryPace();
  /** What is claimed goes back at once. */
  draining = false;
  readonly #options: PipelineOptions;
  readonly #reporter: Reporter;
  readonly #meter = new CallMeter();
  /** Of targets, by their lanes; as their calls from here went. */
  readonly #standings = new Standings<Lane>();
  readonly #looks: NodeJS.Timeout;
  #stopping = false;

  constructor(options: PipelineOptions) {
    this.#options = options;
    const { broker, log, config, egress } = options;
    const { threads, concurrency, destinationConcurrency, egressProxy, leaseMs } = config;
    const { dnsServers, socketsPerThread } = config;
    // More would take from callers and servers what they need.
    const atOnce = Math.min(concurrency, socketsPerThread);
    if (atOnce < concurrency) {
      const meanwhile = "no more are made at once than fit";
      log.warn(
        { calls: threads * concurrency, fits: threads * atOnce, meanwhile },
        "more calls at once than the limit of open files allows",
      );
    }
    const shortages = {
      sockets: new Shortage(log, "sockets"),
      names: new Shortage(log, "names"),
      proxy: new Shortage(log, "proxy"),
    };
    const blockedCalls = new BlockedCalls(log);
    this.holder = `${broker.nodeID}/${randomBytes(4).toString("hex")}`;
    const { holder, clock } = this;
    const capacity = threads * concurrency * HELD_PER_CALL;
    this.ledger = new Ledger({
      holder,
      capacity: capacity + MAX_STRANGERS,
      leaseMs,
      isStranger: (lane) => this.#standings.of(lane) !== "known",
    });
    const { ledger } = this;
    this.room = new Room(capacity, ledger);
    this.#reporter = new Reporter({
      broker,
      log,
      holder,
      ledger,
      onRecorded: (ended) => this.recorded(ended),
    });
    this.pool = new WorkerPool({
      threads,
      concurrency: atOnce,
      destinationConcurrency,
      node: broker.nodeID,
      egress: egress.rules,
      egressProxy,
      dnsServers,
      sockets: socketsPerThread,
      ledger,
      clock,
      endedAfterMs: Math.max(SILENT_LEASES * leaseMs, SHORTEST_PATIENCE),
      onOutcomes: (outcomes) => this.ended(outcomes),
      onGivenUp: (leases, why) => this.givenUp(leases, why),
      onNotMade: (failure, message) => shortages[failure].notice(message),
      onBlocked: (blocked) => blockedCalls.notice(blocked),
      onSilent: (thread, silent) => {
        if (silent)
          log.warn(
            { thread, meanwhile: "its leases are not renewed, others take its jobs" },
            "thread does not answer",
          );
        else log.info({ thread }, "thread answers again");
      },
      onCrash: (thread, error) => {
        threadCrashes.inc();
        log.error(
          { thread, err: error.message, meanwhile: "its calls have failed, and what waited in it goes back" },
          "thread died",
        );
      },
    });
    egress.onChange((rules) => this.pool.egress(rules));
    this.#looks = setInterval(() => {
      if (ledger.lookWhoHangs()) options.onFreed();
    }, LOOK_MS).unref();
  }

  /** A scheduler gave jobs: their leases go into the ledger, the jobs to their threads. */
  claimed({ jobs, leasedAt }: ClaimReply): void {
    // Also the answer to a claim that was parked before that.
    if (this.draining || this.#stopping) {
      this.release(unclaimed(jobs));
      return;
    }
    this.pace.took(jobs);
    const trust = this.#trust(leasedAt);
    const { fresh, superseded, surplus } = this.ledger.claim(jobs.map((job) => ({ job, trust: trust(job) })));
    this.pool.drop(superseded);
    this.pool.deliver(fresh);
    this.release({ ...noReleases(), entries: surplus.map(leaseOf) });
  }

  /** Calls have ended: their outcomes are reported. */
  ended(outcomes: Outcome[]): void {
    this.#meter.observe(outcomes);
    for (const { lane, attempt } of outcomes) this.#standings.learn(lane, attempt);
    const now = performance.now();
    this.#reporter.report(outcomes.flatMap((outcome) => this.ledger.end(outcome, now) ?? []));
  }

  /** Their outcomes are on record: the leases are over. */
  recorded(ended: HeldLease[]): void {
    this.release(this.ledger.recorded(ended));
    this.#options.onFreed();
  }

  /** Jobs will not be called here; what is not somebody else's by now goes back. */
  givenUp(leases: LeaseName[], why: GivenUp): void {
    const { jobs, releases } = this.ledger.giveUp(leases);
    jobsGivenUp[why].inc(jobs.length);
    this.release(releases);
    this.#options.onFreed();
  }

  /** A release that fails is made up for by the lease's end. */
  release({ entries, handed, ended }: Releases): void {
    if (entries.length + handed.length + ended.length === 0) return;
    const params = {
      holder: this.holder,
      entries,
      ...(handed.length > 0 && { handed }),
      ...(ended.length > 0 && { ended }),
    };
    call(this.#options.broker, "scheduler.release", params).catch(() => undefined);
  }

  /** Finishes what is under way, at most for `drainMs`, and gets it on record, at most for `recordMs`. */
  async stop(drainMs: number, recordMs: number): Promise<void> {
    this.#stopping = true;
    await this.pool.stop(drainMs);
    await this.#reporter.settled(recordMs);
    clearInterval(this.#looks);
  }

  /**
   * How far a job's lease may be trusted. Seen from here leases are as old as the cluster's clock says, however long the
   * reply lay in a buffer. One that is in its task's row ends when that says so, which may be sooner than a lease's length; an
   * earlier heartbeat, whose trust lasts as long as other leases, says something of it only where it lasts longer than that.
   */
  #trust(leasedAt: number): (job: Job) => Trust {
    const { leaseMs } = this.#options.config;
    const [now, mono] = [this.clock.now(), monotonicMs()];
    return ({ handedUntil }) => {
      const lasts = handedUntil === undefined ? leaseMs : handedFor(leaseMs);
      const began = handedUntil === undefined ? leasedAt : Math.min(leasedAt, handedUntil - lasts);
      // It has begun. Where it seems not to have, the cluster's clock was set, and no heartbeat has told that yet.
      const age = Math.max(0, now - began);
      return {
        trustedUntil: trustedUntil(mono - age, lasts),
        heldFrom: lasts - age < (1 - MARGIN) * leaseMs ? mono : undefined,
      };
    };
  }
}

const unclaimed = (jobs: Job[]): Releases => ({
  ...noReleases(),
  entries: jobs.filter(({ handedUntil }) => handedUntil === undefined).map(leaseOf),
  handed: jobs.filter(({ handedUntil }) => handedUntil !== undefined).map(leaseOf),
});
