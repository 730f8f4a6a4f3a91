/**
 * Demand: one loop per scheduler, each asking for its share of the free room and parked there until something is due.
 * A dispatcher is never sent more than it asked for; that is all the backpressure there is.
 */
import { setTimeout as pause } from "node:timers/promises";
import type { ServiceBroker } from "moleculer";
import { millis } from "../../core/clock.ts";
import type { ClaimReply } from "../../core/contract.ts";
import { BidaError } from "../../core/errors.ts";
import { call } from "../bus/call.ts";

/**
 * How long a claim is parked, as a share of the lease. Short enough that the parked claims of a node that died are gone
 * before its leases run out: otherwise it would be given its own tasks once more.
 */
const WAIT_SHARE = 1 / 4;
/** How much longer than the wait an answer may take, in ms. */
const ANSWER_TIME = 5_000;
/** After a claim that failed, in ms; doubled up to the maximum. */
const PAUSE = 200;
const MAX_PAUSE = 2_000;

export interface DemandOptions {
  broker: ServiceBroker;
  holder: string;
  /** Jobs that this demand may ask for at once, over all schedulers. */
  capacity: number;
  /** How many retries it may have now; null: it asks for first calls only. Where there is a limit it does not ask for none. */
  retries: (() => number) | null;
  leaseMs: number;
  /** Of its capacity, what is not taken; what it has asked for itself is still in it. */
  free(): number;
  /** Whether what it is given now would be called at once. */
  keepsUp(): boolean;
  /** Room that was asked for is free again. */
  onFreed(): void;
  onJobs(reply: ClaimReply): void;
}

export class Demand {
  readonly #options: DemandOptions;
  /** Room that parked claims may fill. */
  promised = 0;
  /** Of that, what retries may fill. */
  #promisedRetries = 0;
  readonly #loops = new Map<string, AbortController>();
  #roomFreed = Promise.withResolvers<void>();
  #stopped = false;

  constructor(options: DemandOptions) {
    this.#options = options;
  }

  /** Starts loops for schedulers that came, ends those of schedulers that went. */
  follow(schedulers: string[]): void {
    if (this.#stopped) return;
    for (const [nodeID, loop] of this.#loops) {
      if (schedulers.includes(nodeID)) continue;
      loop.abort();
      this.#loops.delete(nodeID);
    }
    const added = schedulers.filter((nodeID) => !this.#loops.has(nodeID));
    for (const nodeID of added) this.#loops.set(nodeID, new AbortController());
    // Only now that all are known, so each takes its share and no more.
    for (const nodeID of added) void this.#run(nodeID, (this.#loops.get(nodeID) as AbortController).signal);
    this.freed();
  }

  /** To be called whenever there may be more room: jobs have ended, a claim was answered, a scheduler went. */
  freed(): void {
    this.#roomFreed.resolve();
    this.#roomFreed = Promise.withResolvers<void>();
  }

  stop(): void {
    this.follow([]);
    this.#stopped = true;
    this.freed();
  }

  async #run(nodeID: string, signal: AbortSignal): Promise<void> {
    let wait = PAUSE;
    while (!signal.aborted) {
      const room = this.#room();
      const retries = Math.min(room, this.#retries());
      if (room === 0 || (this.#options.retries !== null && retries <= 0)) {
        await this.#roomFreed.promise;
        continue;
      }
      this.promised += room;
      this.#promisedRetries += retries;
      const askedAt = performance.now();
      let reply: ClaimReply;
      try {
        reply = await this.#claim(nodeID, room, retries).finally(() => this.#takeBack(room, retries));
      } catch (error) {
        // Anything else is a mistake of ours, and not to be hidden by trying again.
        if (!(error instanceof BidaError)) throw error;
        // Leases of a reply that was lost run out by themselves.
        await pause(wait);
        wait = Math.min(wait * 2, MAX_PAUSE);
        continue;
      }
      wait = PAUSE;
      if (reply.jobs.length > 0) this.#options.onJobs(reply);
      // A scheduler that is stopping answers at once.
      else if (performance.now() - askedAt < PAUSE / 2) await pause(PAUSE);
    }
  }

  /** Another loop may be waiting for this room, also one of another demand. */
  #takeBack(room: number, retries: number): void {
    this.promised -= room;
    this.#promisedRetries -= retries;
    this.#options.onFreed();
  }

  #claim(nodeID: string, room: number, retries: number): Promise<ClaimReply> {
    const { broker, holder, leaseMs, keepsUp } = this.#options;
    const waitMs = millis(leaseMs * WAIT_SHARE);
    const options = { nodeID, timeout: waitMs + ANSWER_TIME };
    const request = { holder, room, retries, keepsUp: keepsUp(), waitMs, handovers: true } as const;
    return call(broker, "scheduler.claim", request, options);
  }

  /** An even share per scheduler, as far as it is free: one that has none due would keep them from the others. */
  #retries(): number {
    const { retries } = this.#options;
    if (retries === null) return 0;
    const room = retries();
    return Math.min(Math.ceil(room / Math.max(1, this.#loops.size)), room - this.#promisedRetries);
  }

  /** An even share per scheduler, as far as it is free. Very small shares wait until there is more. */
  #room(): number {
    const { capacity, free: freeNow } = this.#options;
    const share = Math.ceil(capacity / Math.max(1, this.#loops.size));
    const free = Math.min(share, freeNow() - this.promised);
    return free >= Math.ceil(share / 16) ? free : 0;
  }
}
