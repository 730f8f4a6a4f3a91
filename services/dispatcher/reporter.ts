/**
 * Outcomes on their way to the record. They are kept in the ledger, with their leases, until a scheduler has recorded them:
 * while the database is away nothing is lost and nothing is called again.
 */
import { setTimeout as pause } from "node:timers/promises";
import type { Logger, ServiceBroker } from "moleculer";
import type { HeldLease } from "../../actors/held-lease.ts";
import type { Ledger } from "../../actors/ledger.ts";
import { Batcher } from "../../core/batcher.ts";
import { askAnyOnce } from "../bus/peers.ts";
import { Contact } from "../node/contact.ts";

const MAX_ITEMS = 500;
/** Below what NATS carries in one piece. */
const MAX_BYTES = 700_000;
const CONCURRENCY = 3;
/** Reports begin at least so far apart, in ms: nobody waits for a record, and each report is a transaction. */
const GAP = 8;
/**
 * Successes wait longer for each other while there are few of them: at 200 tasks per second each would be a transaction of
 * its own (docs/performance.md). What somebody waits for does not: the time of a retry, or the next task of its order.
 */
const PATIENT_GAP = 50;
const PATIENT_ITEMS = 32;
/** A scheduler that takes longer than this to record, and does not say that it is alive, is not waited for, in ms. */
const PATIENCE = 2_000;
const PAUSE = 200;
const MAX_PAUSE = 2_000;

export interface ReporterOptions {
  broker: ServiceBroker;
  log: Logger;
  holder: string;
  ledger: Ledger;
  /** These are on record. */
  onRecorded(ended: HeldLease[]): void;
}

export class Reporter {
  readonly #options: ReporterOptions;
  readonly #batcher: Batcher<HeldLease, undefined>;
  readonly #contact: Contact;
  #onEmpty: () => void = () => undefined;

  constructor(options: ReporterOptions) {
    this.#options = options;
    const { broker, log, ledger, onRecorded } = options;
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
      sizeOf: ({ outcome }) => 600 + 2 * (outcome?.attempt?.responseBody?.length ?? 0),
      concurrency: CONCURRENCY,
      gapMs: GAP,
      patience: { gapMs: PATIENT_GAP, items: PATIENT_ITEMS, isUrgent },
      // The dispatcher's capacity bounds it.
      maxWaiting: Number.POSITIVE_INFINITY,
      flush: async (ended) => {
        await this.#deliver(ended);
        onRecorded(ended);
        if (ledger.ended === 0) this.#onEmpty();
        return ended.map(() => undefined);
      },
    });
  }

  /** @param ended leases whose calls have ended */
  report(ended: HeldLease[]): void {
    for (const held of ended) void this.#batcher.add(held);
  }

  /** Resolves when everything is on record, or after `withinMs`. */
  async settled(withinMs: number): Promise<void> {
    const { ledger, log } = this.#options;
    if (ledger.ended === 0) return;
    const patience = new AbortController();
    const empty = new Promise<void>((resolve) => {
      this.#onEmpty = resolve;
    });
    await Promise.race([
      empty,
      pause(withinMs, undefined, { signal: patience.signal }).catch(() => undefined),
    ]);
    patience.abort();
    if (ledger.ended > 0)
      log.warn({ outcomes: ledger.ended }, "stopped before these were on record; they are called again");
  }

  /** Tries until a scheduler takes them. */
  async #deliver(ended: HeldLease[]): Promise<void> {
    const { broker, holder, ledger } = this.#options;
    for (let wait = PAUSE; ; wait = Math.min(wait * 2, MAX_PAUSE)) {
      try {
        // Recorded twice is recorded once: the attempt's number is a fence. Leases may have changed since the last try.
        const now = performance.now();
        const outcomes = ended.map((held) => ledger.outcomeOf(held, now));
        await askAnyOnce(broker, "scheduler.report", { holder, outcomes }, PATIENCE);
        this.#contact.works({ kept: ledger.ended });
        return;
      } catch (error) {
        this.#contact.failed(error as Error);
        await pause(wait);
      }
    }
  }
}

const isUrgent = ({ outcome }: HeldLease): boolean =>
  outcome?.attempt?.outcome !== "succeeded" || outcome.ordered === true;
