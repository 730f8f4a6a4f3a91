/**
 * Outcomes on their way to the record. They are kept here, with their leases, until a scheduler has recorded them:
 * while the database is away nothing is lost and nothing is called again.
 */
import { setTimeout as pause } from "node:timers/promises";
import type { Logger, ServiceBroker } from "moleculer";
import { Held } from "../../actors/held.ts";
import { Batcher } from "../../core/batcher.ts";
import { type DueEntry, leaseOf, type Outcome } from "../../core/job.ts";
import { askAny } from "../bus/peers.ts";
import { Contact } from "../node/contact.ts";

const MAX_ITEMS = 500;
/** Below what NATS carries in one piece. */
const MAX_BYTES = 700_000;
const CONCURRENCY = 3;
/** Reports begin at least so far apart, in ms: nobody waits for a record, and each report is a transaction. */
const GAP = 8;
/** A scheduler that has not recorded outcomes within this may be dead; another one is asked too. In ms. */
const PATIENCE = 2_000;
const PAUSE = 200;
const MAX_PAUSE = 2_000;

export class Reporter {
  readonly #broker: ServiceBroker;
  readonly #holder: string;
  readonly #log: Logger;
  /** In the order they came; the first one is the oldest. */
  readonly #unrecorded = new Held<{ first: boolean; outcome: Outcome; since: number }>();
  readonly #batcher: Batcher<Outcome, undefined>;
  readonly #contact: Contact;
  #onEmpty: () => void = () => undefined;

  /** @param onRecorded called whenever outcomes are off our hands */
  constructor(broker: ServiceBroker, holder: string, log: Logger, onRecorded: () => void) {
    this.#broker = broker;
    this.#holder = holder;
    this.#log = log;
    this.#contact = new Contact({
      broker,
      log,
      part: "recording",
      lost: "outcomes cannot be recorded",
      back: "outcomes are being recorded again",
      meanwhile: "outcomes are kept, and their leases held",
    });
    this.#batcher = new Batcher({
      maxItems: MAX_ITEMS,
      maxBytes: MAX_BYTES,
      sizeOf: ({ attempt }) => 600 + 2 * (attempt?.responseBody?.length ?? 0),
      concurrency: CONCURRENCY,
      gapMs: GAP,
      // The dispatcher's capacity bounds it.
      maxWaiting: Number.POSITIVE_INFINITY,
      flush: async (outcomes) => {
        await this.#deliver(outcomes);
        for (const { taskId } of outcomes) this.#unrecorded.take(taskId);
        onRecorded();
        if (this.size === 0) this.#onEmpty();
        return outcomes.map(() => undefined);
      },
    });
  }

  /** Outcomes that are not on record yet. */
  get size(): number {
    return this.#unrecorded.size;
  }

  /** How long the oldest of them has been here, in ms; 0 without any. */
  get oldestMs(): number {
    const [oldest] = this.#unrecorded.values();
    return oldest ? performance.now() - oldest.since : 0;
  }

  /** Of them, those that are not of first calls. */
  get retries(): number {
    return this.#unrecorded.retries;
  }

  /** Their leases. */
  entries(): DueEntry[] {
    return Array.from(this.#unrecorded.values(), ({ outcome }) => leaseOf(outcome));
  }

  /**
   * A task was leased to us again while its outcome is here: its lease had run out. The outcome is then held under the
   * new lease.
   * @returns whether there is one
   */
  adopt(lease: DueEntry): boolean {
    const known = this.#unrecorded.get(lease.taskId);
    if (known) known.outcome.dueAt = lease.dueAt;
    return known !== undefined;
  }

  report(outcomes: Outcome[]): void {
    const since = performance.now();
    for (const outcome of outcomes) {
      this.#unrecorded.set(outcome.taskId, { first: outcome.first, outcome, since });
      void this.#batcher.add(outcome);
    }
  }

  /** Resolves when everything is on record, or after `withinMs`. */
  async settled(withinMs: number): Promise<void> {
    if (this.size === 0) return;
    const patience = new AbortController();
    const empty = new Promise<void>((resolve) => {
      this.#onEmpty = resolve;
    });
    await Promise.race([
      empty,
      pause(withinMs, undefined, { signal: patience.signal }).catch(() => undefined),
    ]);
    patience.abort();
    if (this.size > 0)
      this.#log.warn({ outcomes: this.size }, "stopped before these were on record; they are called again");
  }

  /** Tries until a scheduler takes them. */
  async #deliver(outcomes: Outcome[]): Promise<void> {
    for (let wait = PAUSE; ; wait = Math.min(wait * 2, MAX_PAUSE)) {
      try {
        // Recorded twice is recorded once: the attempt's number is a fence.
        const params = { holder: this.#holder, outcomes };
        await askAny(this.#broker, "scheduler.report", params, PATIENCE);
        this.#contact.works({ kept: this.size });
        return;
      } catch (error) {
        this.#contact.failed(error as Error);
        await pause(wait);
      }
    }
  }
}
