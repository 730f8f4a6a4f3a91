/** A dispatcher: its pipeline, the demand that fills it, and the heartbeat that keeps its leases. */
import type { Logger, ServiceBroker } from "moleculer";
import { LoopLag } from "../../actors/loop-lag.ts";
import type { Drained } from "../../core/cluster-views.ts";
import type { Config } from "../../core/config.ts";
import type { ClaimReply } from "../../core/contract.ts";
import { nodesWith } from "../bus/peers.ts";
import { egressOf } from "../node/egress.ts";
import { contribute } from "../node/node-status.ts";
import { Demand } from "./demand.ts";
import { dispatcherStatus } from "./figures.ts";
import { Heartbeat } from "./heartbeat.ts";
import { Pipeline } from "./pipeline.ts";

/** With more of its calls than this share under way, it no longer keeps up: others should have what comes. */
const AT_EASE = 1 / 2;
/** Retries may take this share of what is held; the rest is kept for first calls, whatever storm of retries there is. */
const RETRY_SHARE = 3 / 4;

export class Dispatcher {
  readonly #broker: ServiceBroker;
  readonly #log: Logger;
  readonly #pipeline: Pipeline;
  /** One for anything, one for first calls only. */
  readonly #demands: Demand[];
  readonly #heartbeat: Heartbeat;
  readonly #lag: LoopLag;

  constructor(broker: ServiceBroker, log: Logger, config: Config) {
    this.#broker = broker;
    this.#log = log;
    const { leaseMs, threads, concurrency } = config;
    const pipeline = new Pipeline({
      broker,
      log,
      config,
      egress: egressOf(broker),
      onFreed: () => this.#freed(),
    });
    this.#pipeline = pipeline;
    const { ledger, pool, pace, room, holder, clock } = pipeline;
    const { capacity } = room;
    contribute(broker, dispatcherStatus(pipeline, threads));

    const forRetries = Math.ceil(capacity * RETRY_SHARE);
    const shared = {
      broker,
      holder,
      leaseMs,
      keepsUp: () => room.used <= AT_EASE * threads * concurrency,
      onJobs: (reply: ClaimReply) => {
        this.#lag.wake();
        pipeline.claimed(reply);
      },
      onFreed: () => this.#freed(),
    };
    const any: Demand = new Demand({
      ...shared,
      retries: () => Math.min(pace.room, forRetries - room.usedByRetries),
      capacity: forRetries,
      free: () => room.free - first.promised,
    });
    const first: Demand = new Demand({
      ...shared,
      retries: null,
      capacity: capacity - forRetries,
      free: () => room.free - any.promised,
    });
    this.#demands = [any, first];
    this.#lag = new LoopLag((lagMs) => {
      pace.tick(Math.max(lagMs, pool.lagMs), performance.now());
      if (pace.room > 0) any.freed();
    });
    this.#heartbeat = new Heartbeat({
      broker,
      log,
      holder,
      leaseMs,
      ledger,
      pool,
      clock,
      hasScheduler: () => this.#schedulers().length > 0,
      onReleases: (releases) => pipeline.release(releases),
      onClock: (sample) => {
        pool.clock(sample);
        // Only now: a job's lease can be judged once the cluster's clock is known.
        this.follow();
      },
    });
  }

  /** Demand begins with the first heartbeat that is answered. */
  start(): void {
    this.#heartbeat.start();
  }

  /** Claims are parked at the schedulers that are there now. */
  follow(): void {
    const schedulers = this.#pipeline.draining || !this.#pipeline.clock.known ? [] : this.#schedulers();
    for (const demand of this.#demands) demand.follow(schedulers);
  }

  /** Takes no more jobs, or takes them again; see `dispatcher.drain`. */
  drain(draining: boolean): Drained {
    const { ledger } = this.#pipeline;
    if (this.#pipeline.draining !== draining) {
      this.#pipeline.draining = draining;
      const meanwhile = draining
        ? "what it holds is finished; nothing more is taken"
        : "jobs are taken again";
      this.#log.info({ held: ledger.size, meanwhile }, draining ? "draining" : "drain undone");
    }
    this.follow();
    return { nodeID: this.#broker.nodeID, draining, held: ledger.size };
  }

  async stop(drainMs: number, recordMs: number): Promise<void> {
    for (const demand of this.#demands) demand.stop();
    const held = this.#pipeline.ledger.size;
    // Anyone who pressed Ctrl-C must not take the wait for a process that hangs.
    if (held > 0) this.#log.info({ held, atMostMs: drainMs }, "stopping: the calls under way may end first");
    await this.#pipeline.stop(drainMs, recordMs);
    this.#lag.stop();
    this.#heartbeat.stop();
  }

  #freed(): void {
    for (const demand of this.#demands) demand.freed();
  }

  /** Nodes that answer claims now. */
  #schedulers(): string[] {
    return nodesWith(this.#broker, "scheduler.claim");
  }
}
