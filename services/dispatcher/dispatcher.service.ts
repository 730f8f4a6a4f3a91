/** Makes the calls: claims jobs from schedulers, has worker threads deliver them, reports what came of them. */
import { randomBytes } from "node:crypto";
import type { ServiceBroker, ServiceSchema } from "moleculer";
import { LeaseTrust, monotonicMs, trustedUntil } from "../../actors/lease-trust.ts";
import { LoopLag } from "../../actors/loop-lag.ts";
import { WorkerPool } from "../../actors/pool.ts";
import { SyncedClock } from "../../core/clock.ts";
import type { ClaimReply } from "../../core/contract.ts";
import { type Job, leaseOf } from "../../core/job.ts";
import { jobsGivenUp, threadCrashes } from "../../core/metrics.ts";
import { actionsOf } from "../bus/bus.ts";
import { call } from "../bus/call.ts";
import { nodesWith } from "../bus/peers.ts";
import { contribute } from "../node/node-status.ts";
import { configOf, onStopping } from "../node/resources.ts";
import { Demand } from "./demand.ts";
import { CallMeter, dispatcherStatus } from "./figures.ts";
import { Heartbeat } from "./heartbeat.ts";
import { Reporter } from "./reporter.ts";
import { RetryPace } from "./retry-pace.ts";

/** Jobs held per call in flight: enough that threads never wait for the next claim, while others' turns still come. */
const HELD_PER_CALL = 4;
/** With more of its calls than this share under way, it no longer keeps up: others should have what comes. */
const AT_EASE = 1 / 2;
/** What is in flight when the node stops may take this long, in ms; recording gets the rest of the 30 s. */
const DRAIN = 24_000;
const RECORD = 4_000;

/** Retries may take this share of what is held; the rest is kept for first calls, whatever storm of retries there is. */
const RETRY_SHARE = 3 / 4;

let demands: Demand[];
/** Told to take no more; see `dispatcher.drain`. */
let draining = false;
/** Jobs this node has a lease on. */
let held: () => number;

const follow = (broker: ServiceBroker) => {
  const schedulers = draining ? [] : schedulersOf(broker);
  for (const demand of demands) demand.follow(schedulers);
};
const freed = () => {
  for (const demand of demands) demand.freed();
};

const dispatcher: ServiceSchema = {
  name: "dispatcher",

  actions: actionsOf<"dispatcher">({
    drain: async (params, { broker }) => {
      if (draining !== params.draining) {
        draining = params.draining;
        const meanwhile = draining
          ? "what it holds is finished; nothing more is taken"
          : "jobs are taken again";
        broker
          .getLogger("dispatcher")
          .info({ held: held(), meanwhile }, draining ? "draining" : "drain undone");
      }
      follow(broker);
      return { nodeID: broker.nodeID, draining, held: held() };
    },
  }),

  events: {
    "$services.changed": { handler: (ctx) => follow(ctx.broker) },
    "$node.disconnected": { handler: (ctx) => follow(ctx.broker) },
  },

  created() {
    const { broker, logger: log } = this;
    const { threads, concurrency, egressAllow, leaseMs } = configOf(broker);
    // A new holder per run: leases of a former run are not ours.
    const holder = `${broker.nodeID}/${randomBytes(4).toString("hex")}`;
    const trust = new LeaseTrust();
    const clock = new SyncedClock();
    const pace = new RetryPace();
    let stopping = false;
    const reporter = new Reporter(broker, holder, log, freed);
    const meter = new CallMeter();
    const capacity = threads * concurrency * HELD_PER_CALL;

    const pool = new WorkerPool({
      threads,
      concurrency,
      node: broker.nodeID,
      egressAllow,
      trust,
      clock,
      onOutcomes: (outcomes) => {
        meter.observe(outcomes);
        reporter.report(outcomes);
      },
      onGivenUp: (jobs, why) => {
        jobsGivenUp[why].inc(jobs.length);
        freed();
        // What is lost is somebody else's.
        if (why !== "lost") release(jobs);
      },
      onCrash: (thread, error) => {
        threadCrashes.inc();
        log.error(
          { thread, err: error.message, meanwhile: "its calls have failed, and what waited in it goes back" },
          "thread died",
        );
      },
    });
    held = () => pool.held + reporter.size;
    const isDraining = () => draining;
    contribute(
      broker,
      dispatcherStatus({ threads, capacity, pool, reporter, pace, held, draining: isDraining }),
    );

    const release = (jobs: Job[]) => {
      const entries = jobs.map(leaseOf);
      // A release that fails is made up for by the lease's end.
      return call(broker, "scheduler.release", { holder, entries }).catch(() => undefined);
    };

    const onJobs = ({ jobs, leasedAt }: ClaimReply) => {
      // Also the answer to a claim that was parked before the drain began.
      if (stopping || draining) return void release(jobs);
      // Seen from here the leases are as old as the cluster's clock says, however long the reply lay in a buffer.
      const age = clock.now() - leasedAt;
      const until = trustedUntil(monotonicMs() - age, leaseMs);
      pace.took(jobs);
      lag.wake();
      // What has been called already, and is not on record yet, is not called again.
      const open = jobs.filter((job) => !reporter.adopt(job));
      pool.deliver(open.map((job) => ({ ...job, trustedUntil: until })));
    };

    const forRetries = Math.ceil(capacity * RETRY_SHARE);
    const free = () => capacity - held();
    const heldRetries = () => pool.heldRetries + reporter.retries;
    const keepsUp = () => held() <= AT_EASE * threads * concurrency;
    const shared = { broker, holder, leaseMs, keepsUp, onJobs, onFreed: freed };
    const any: Demand = new Demand({
      ...shared,
      retries: () => Math.min(pace.room, forRetries - heldRetries()),
      capacity: forRetries,
      free: () => free() - first.promised,
    });
    const first: Demand = new Demand({
      ...shared,
      retries: null,
      capacity: capacity - forRetries,
      free: () => free() - any.promised,
    });
    demands = [any, first];
    const lag = new LoopLag((lagMs) => {
      pace.tick(Math.max(lagMs, pool.lagMs), performance.now());
      if (pace.room > 0) any.freed();
    });

    const heartbeat = new Heartbeat({
      broker,
      log,
      holder,
      leaseMs,
      trust,
      clock,
      hasScheduler: () => schedulersOf(broker).length > 0,
      entries: () => [...pool.heldJobs().map(leaseOf), ...reporter.entries()],
      onLost: (taskIds) => pool.lost(taskIds),
      onClock: (sample) => {
        pool.clock(sample);
        // Only now: a job's lease can be judged once the cluster's clock is known.
        follow(broker);
      },
    });

    this.heartbeat = heartbeat;
    onStopping(broker, "dispatch", async () => {
      stopping = true;
      for (const demand of demands) demand.stop();
      await pool.stop(DRAIN);
      await reporter.settled(RECORD);
      lag.stop();
      heartbeat.stop();
    });
  },

  async started() {
    this.heartbeat.start();
  },
};

export default dispatcher;

/** Nodes that answer claims now. */
const schedulersOf = (broker: ServiceBroker): string[] => nodesWith(broker, "scheduler.claim");
