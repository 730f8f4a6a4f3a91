/**
 * A destination: one origin's keep-alive connections and its share of concurrency. Jobs wait here, first calls before
 * retries; each that gets its turn becomes a delivery actor, which lives for one attempt.
 */
import type { Outcome } from "../core/job.ts";
import { Connections } from "./connections.ts";
import { crashed, type DeliveryContext, deliver } from "./delivery.ts";
import { type Actor, type ActorRef, spawn } from "./kernel.ts";
import type { LeasedJob, LeaseTrust } from "./lease-trust.ts";
import type { Slots } from "./slots.ts";

/** Calls to one origin that may be in flight, from one node. */
export const DESTINATION_CONCURRENCY = 64;

export type DestinationMessage =
  | { type: "deliver"; job: LeasedJob }
  | { type: "finished" }
  /** A slot of the thread is free. */
  | { type: "slot" }
  /** Leases of these are somebody else's now. */
  | { type: "lost"; taskIds: Set<string> }
  /** Hand back what has not started. */
  | { type: "handBack" };

export interface DestinationContext extends Omit<DeliveryContext, "connections"> {
  slots: Slots;
  trust: LeaseTrust;
  report(outcome: Outcome): void;
  /** A call is about to be made. */
  begins(job: LeasedJob): void;
  /** The target had closed a kept connection; the request is sent again on a new one. */
  stale(): void;
  /** Jobs that were not started and are not ours to start any more (`lost`), or that are handed back. */
  giveUp(jobs: LeasedJob[], why: "lost" | "handBack"): void;
}

export class Destination implements Actor<DestinationMessage> {
  readonly #self: ActorRef<DestinationMessage>;
  readonly #context: DestinationContext;
  readonly #connections: Connections;
  readonly #delivery: DeliveryContext;
  #first: LeasedJob[] = [];
  #retries: LeasedJob[] = [];
  #inFlight = 0;
  /** Attempts that are not reported yet. */
  #attempts = 0;
  #allReported: (() => void) | null = null;
  readonly #onSlot = () => void this.#self.tell({ type: "slot" });

  constructor(origin: string, context: DestinationContext, self: ActorRef<DestinationMessage>) {
    this.#self = self;
    this.#context = context;
    this.#connections = new Connections(origin, context.connector, () => context.stale());
    this.#delivery = { ...context, connections: this.#connections };
  }

  /** Nothing waits and nothing is in flight. */
  get idle(): boolean {
    return this.#inFlight === 0 && this.#first.length === 0 && this.#retries.length === 0;
  }

  receive(message: DestinationMessage): void {
    switch (message.type) {
      case "deliver":
        (message.job.first ? this.#first : this.#retries).push(message.job);
        break;
      case "finished":
        this.#inFlight -= 1;
        break;
      case "slot":
        this.#startNext();
        this.#context.slots.offer();
        break;
      case "lost":
        this.#dropWaiting((job) => message.taskIds.has(job.taskId), "lost");
        break;
      case "handBack":
        this.#dropWaiting(() => true, "handBack");
        break;
    }
    this.#startNext();
  }

  /** Connections are closed once what is in flight has ended, and is reported. */
  async stopped(): Promise<void> {
    this.#dropWaiting(() => true, "handBack");
    if (this.#attempts > 0) {
      await new Promise<void>((resolve) => {
        this.#allReported = resolve;
      });
    }
    this.#connections.destroy();
  }

  #startNext(): void {
    const { slots } = this.#context;
    while (this.#first.length + this.#retries.length > 0) {
      if (this.#inFlight > 0 && this.#inFlight >= Math.min(DESTINATION_CONCURRENCY, slots.share)) return;
      if (!slots.take(this.#first.length > 0 ? "first" : "retry", this.#onSlot)) return;
      const job = (this.#first.shift() ?? this.#retries.shift()) as LeasedJob;
      if (!this.#context.trust.holds(job.trustedUntil)) {
        this.#context.slots.give();
        this.#context.giveUp([job], "lost");
        continue;
      }
      this.#inFlight += 1;
      this.#context.begins(job);
      this.#start(job);
    }
  }

  #start(job: LeasedJob): void {
    const context = this.#delivery;
    this.#attempts += 1;
    const delivery = spawn<LeasedJob>(
      () => ({ receive: async (it) => this.#context.report(await deliver(it, context)) }),
      {
        name: `delivery ${job.taskId}`,
        mailbox: 1,
        restarts: { max: 0, withinMs: 0 },
        onFailure: (error, failed) => this.#context.report(crashed(failed, error, context)),
        onEnd: () => {
          this.#context.slots.give();
          this.#self.tell({ type: "finished" });
          this.#attempts -= 1;
          if (this.#attempts === 0) this.#allReported?.();
        },
      },
    );
    delivery.tell(job);
    void delivery.stop();
  }

  #dropWaiting(which: (job: LeasedJob) => boolean, why: "lost" | "handBack"): void {
    const dropped = [...this.#first, ...this.#retries].filter(which);
    if (dropped.length === 0) return;
    this.#first = this.#first.filter((job) => !which(job));
    this.#retries = this.#retries.filter((job) => !which(job));
    this.#context.giveUp(dropped, why);
  }
}
