/** Renews the leases of everything that is held, and keeps this node's idea of the cluster's time. */
import type { Logger, ServiceBroker } from "moleculer";
import type { HeldLease, Releases } from "../../actors/held-lease.ts";
import { monotonicMs, trustedUntil } from "../../actors/lease-trust.ts";
import type { Ledger } from "../../actors/ledger.ts";
import type { WorkerPool } from "../../actors/pool.ts";
import { type ClockSample, millis, type SyncedClock } from "../../core/clock.ts";
import { leaseOf } from "../../core/job.ts";
import { leasesLost } from "../../core/metrics.ts";
import { askAny } from "../bus/peers.ts";
import { Contact } from "../node/contact.ts";

/** Entries per call; keeps a call below what NATS carries in one piece. */
const CHUNK = 2_000;

/** Also with long leases: a due set that lost its leases waits this long, and a little more, for ours. In ms. */
const LONGEST_PAUSE = 3_000;
/** After a beat that failed, in ms. */
const RETRY = 100;

export interface HeartbeatOptions {
  broker: ServiceBroker;
  log: Logger;
  holder: string;
  leaseMs: number;
  ledger: Ledger;
  pool: Pick<WorkerPool, "silent" | "renewed" | "drop">;
  clock: SyncedClock;
  /** Whether any scheduler is known; without one a call could only fail. */
  hasScheduler(): boolean;
  /** Leases that came back to life behind their end. */
  onReleases(releases: Releases): void;
  onClock(sample: ClockSample): void;
}

export class Heartbeat {
  readonly #options: HeartbeatOptions;
  readonly #contact: Contact;
  #timer: NodeJS.Timeout | undefined;
  #stopped = false;
  /** Monotonic ms; when the first of the beats began that failed one after another. */
  #failingSince: number | null = null;

  constructor(options: HeartbeatOptions) {
    this.#options = options;
    this.#contact = new Contact({
      broker: options.broker,
      log: options.log,
      part: "heartbeat",
      lost: "leases cannot be renewed",
      back: "leases are renewed again",
      meanwhile: "calls under way go on; no new ones start once the leases are no longer certain",
      level: "warn",
    });
  }

  start(): void {
    void this.#beat();
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
  }

  /** Three beats per lease: one may be lost and one late. One that failed is repeated soon. */
  async #beat(): Promise<void> {
    const { leaseMs, pool, ledger, clock, log } = this.#options;
    let pause = Math.min(leaseMs / 3, LONGEST_PAUSE);
    const beganAt = monotonicMs();
    try {
      if (!this.#options.hasScheduler()) throw new Error("no scheduler is known");
      const silent = pool.silent();
      const held = ledger.renewal(clock.after(millis(0)), silent);
      for (let i = 0; i === 0 || i < held.length; i += CHUNK) await this.#extend(held.slice(i, i + CHUNK));
      pool.renewed(trustedUntil(beganAt, leaseMs), beganAt, silent);
      this.#failingSince = null;
      this.#contact.works();
    } catch (error) {
      log.debug({ err: (error as Error).message }, "heartbeat failed");
      this.#failingSince ??= beganAt;
      // A single one that failed is made up for in time.
      if (!this.#stopped && monotonicMs() - this.#failingSince > leaseMs / 2)
        this.#contact.failed(error as Error);
      pause = RETRY;
    }
    if (!this.#stopped) this.#timer = setTimeout(() => void this.#beat(), pause);
  }

  async #extend(held: HeldLease[]): Promise<void> {
    const { broker, holder, clock, leaseMs, ledger, pool, log } = this.#options;
    const sentAt = clock.local();
    const patience = Math.min(leaseMs / 4, LONGEST_PAUSE / 2);
    const timeout = Math.min(leaseMs / 3, LONGEST_PAUSE);
    const named = ledger.promote(held);
    const entries = named.map(({ lease }) => leaseOf(lease));
    const reply = await askAny(broker, "scheduler.extend", { holder, entries }, patience, { timeout });
    const { lost, adopted = [], sentBy, reached } = reply;
    const sample = { sentAt, receivedAt: clock.local(), sentBy, reached };
    clock.sample(sample);
    this.#options.onClock(sample);
    const renewed = ledger.renewed(named, lost, adopted);
    if (renewed.lost > 0) {
      log.warn({ tasks: renewed.lost }, "leases lost; those that have not started are dropped");
      leasesLost.inc(renewed.lost);
    }
    pool.drop(renewed.dropped);
    this.#options.onReleases(renewed.releases);
  }
}
