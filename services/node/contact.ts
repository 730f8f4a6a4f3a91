/**
 * Contact with something this node depends on, or with work of its own that is tried again and again: one log line when
 * it is lost, one when it is back, and the metrics `bida_contact…` where it has a part. Tell it of every success and failure; it
 * speaks of changes only.
 */
import type { Logger, ServiceBroker } from "moleculer";
import { contact, contactLosses, contactLost } from "../../core/metrics.ts";
import { contribute } from "./node-status.ts";

export type Part = "database" | "redis" | "nats" | "recording" | "heartbeat";

export interface ContactOptions {
  log: Logger;
  /** The two log lines. */
  lost: string;
  back: string;
  /** What is done while it is lost. */
  meanwhile: string;
  level?: "warn" | "error";
  /** Both, where there are metrics of it; `part` is their label. */
  broker?: ServiceBroker;
  part?: Part;
}

export class Contact {
  readonly #options: ContactOptions;
  #lost: { since: Date; at: number } | null = null;

  constructor(options: ContactOptions) {
    this.#options = options;
    const { broker, part } = options;
    if (!broker || !part) return;
    contact.labels(part).set(1);
    contactLosses.labels(part).inc(0);
    contribute(broker, { sample: () => contactLost.labels(part).set(this.lostForMs / 1000) });
  }

  /** How long it has been lost, in ms; 0 while it works. */
  get lostForMs(): number {
    return this.#lost === null ? 0 : performance.now() - this.#lost.at;
  }

  failed(error?: Error | null): void {
    if (this.#lost !== null) return;
    this.#lost = { since: new Date(), at: performance.now() };
    const { log, part, lost, meanwhile, level = "error" } = this.#options;
    if (part) {
      contact.labels(part).set(0);
      contactLosses.labels(part).inc();
    }
    log[level]({ part, err: error?.message, since: this.#lost.since.toISOString(), meanwhile }, lost);
  }

  /** @param more fields for the line */
  works(more: Record<string, unknown> = {}): void {
    if (this.#lost === null) return;
    const { since, at } = this.#lost;
    this.#lost = null;
    const { log, part, back } = this.#options;
    if (part) contact.labels(part).set(1);
    const afterMs = Math.round(performance.now() - at);
    log.info({ part, since: since.toISOString(), afterMs, ...more }, back);
  }
}
