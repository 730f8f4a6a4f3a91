/**
 * A destination: one origin's keep-alive connections and its share of the thread's calls. Jobs wait here, first calls before
 * retries; each that gets a slot is called.
 */
import type { Outcome } from "../core/job.ts";
import { type LeaseKey, leaseKey } from "../core/lease.ts";
import { Connections } from "./connections.ts";
import { crashed, type DeliveryContext, deliver, type NotMade } from "./delivery.ts";
import type { EgressGuard } from "./egress.ts";
import type { Actor } from "./kernel.ts";
import type { LeasedJob, LeaseTrust } from "./lease-trust.ts";
import type { ThreadGivesUp } from "./protocol.ts";
import type { Rank, SlotAccount, Slots } from "./slots.ts";
import type { Standings } from "./standings.ts";

export type DestinationMessage =
  | { type: "deliver"; job: LeasedJob }
  /** These must not begin any more. */
  | { type: "lost"; leases: ReadonlySet<LeaseKey> }
  /** Hand back what has not started. */
  | { type: "handBack" };

export interface DestinationContext extends Omit<DeliveryContext, "connections"> {
  slots: Slots;
  standings: Standings;
  /** Of the connector. */
  guard?: Pick<EgressGuard, "version">;
  trust: LeaseTrust;
  /** Calls in flight to one origin. */
  destinationConcurrency: number;
  report(outcome: Outcome): void;
  /** This machine could not make the call; it is not over. */
  putBack(job: LeasedJob, why: NotMade): void;
  /** The target had closed a kept connection; the request is sent again on a new one. */
  stale(): void;
  /** Jobs that were not started, and why not. */
  giveUp(jobs: LeasedJob[], why: ThreadGivesUp): void;
}

export class Destination implements Actor<DestinationMessage> {
  readonly #origin: string;
  readonly #context: DestinationContext;
  readonly #connections: Connections;
  readonly #delivery: DeliveryContext;
  readonly #account: SlotAccount;
  #first: LeasedJob[] = [];
  #retries: LeasedJob[] = [];
  #allEnded: (() => void) | null = null;

  constructor(origin: string, context: DestinationContext) {
    this.#origin = origin;
    this.#context = context;
    this.#connections = new Connections(origin, context);
    this.#delivery = { ...context, connections: this.#connections };
    const standing = context.standings.of(origin);
    this.#account = context.slots.open(context.destinationConcurrency, () => this.#startNext(), standing);
  }

  /** Nothing waits and nothing is in flight. */
  get idle(): boolean {
    return this.#account.taken === 0 && this.#wants === null;
  }

  receive(message: DestinationMessage): void {
    switch (message.type) {
      case "deliver":
        if (this.#account.standing === "new" && !message.job.stranger) this.#vouch();
        (message.job.first ? this.#first : this.#retries).push(message.job);
        break;
      case "lost":
        this.#dropWaiting((job) => message.leases.has(leaseKey(job)), "lost");
        break;
      case "handBack":
        this.#dropWaiting(() => true, "handBack");
        break;
    }
    this.#account.want(this.#wants);
  }

  /** Connections are closed once what is in flight has ended, and is reported. */
  async stopped(): Promise<void> {
    this.#dropWaiting(() => true, "handBack");
    this.#account.want(null);
    if (this.#account.taken > 0) {
      await new Promise<void>((resolve) => {
        this.#allEnded = resolve;
      });
    }
    this.#connections.destroy();
  }

  /** The target has answered another thread of this dispatcher, or this one before it was replaced. */
  #vouch(): void {
    this.#account.learn(this.#context.standings.vouch(this.#origin));
  }

  get #wants(): Rank | null {
    if (this.#first.length > 0) return "first";
    return this.#retries.length > 0 ? "retry" : null;
  }

  /** It has got a slot. */
  #startNext(): void {
    const job = (this.#first.shift() ?? this.#retries.shift()) as LeasedJob;
    if (this.#context.trust.holds(job)) this.#start(job);
    else {
      this.#context.giveUp([job], "untrusted");
      this.#account.give(rankOf(job));
    }
    this.#account.want(this.#wants);
  }

  #start(job: LeasedJob): void {
    const context = this.#delivery;
    context.works?.(job);
    deliver(job, context).then(
      (end) => this.#ended(job, end),
      (error) => this.#ended(job, crashed(job, error, context)),
    );
  }

  #ended(job: LeasedJob, end: Outcome | NotMade): void {
    this.#delivery.waits?.(job);
    if ("failure" in end) this.#context.putBack(job, end);
    else this.#context.report(end);
    const attempt = "failure" in end ? null : end.attempt;
    this.#account.give(rankOf(job), this.#context.standings.learn(this.#origin, attempt));
    if (this.#account.taken === 0) this.#allEnded?.();
  }

  #dropWaiting(which: (job: LeasedJob) => boolean, why: ThreadGivesUp): void {
    const dropped = [...this.#first, ...this.#retries].filter(which);
    if (dropped.length === 0) return;
    this.#first = this.#first.filter((job) => !which(job));
    this.#retries = this.#retries.filter((job) => !which(job));
    this.#context.giveUp(dropped, why);
  }
}

const rankOf = ({ first }: LeasedJob): Rank => (first ? "first" : "retry");
