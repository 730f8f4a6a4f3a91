/**
 * Group commit: many callers' items share one flush, and each caller gets its own result after it.
 *
 * By default nothing waits for a timer. An item that finds no flush under way goes at once (at the end of the current turn of
 * the event loop, so items which arrived together go together); what arrives meanwhile forms the next batch.
 * Batches therefore grow with load, and an idle system adds no delay. The method is the database's own, one level up
 * (DeWitt et al., "Implementation Techniques for Main Memory Database Systems", 1984, section 5.2).
 *
 * Where nobody waits for a result, `gapMs` makes batches larger at middling load: small ones side by side cost the most.
 * `patience` does so at low load, where each item would pay for a flush of its own.
 */
import { BidaError } from "./errors.ts";

export interface BatcherOptions<T, R> {
  /** Handles a batch; its results are in the order of the items. Throwing fails every caller of that batch. */
  flush(items: T[]): Promise<R[]>;
  maxItems: number;
  /** Together with `sizeOf`: no batch is larger, unless it holds one item only. */
  maxBytes: number;
  sizeOf(item: T): number;
  /** Flushes that may be under way at once. */
  concurrency: number;
  /** Flushes begin at least so many ms apart, unless `maxItems` wait. One that comes after a pause begins at once. */
  gapMs?: number;
  /** A longer gap, in ms, for as long as fewer than `items` wait and none of them is urgent. */
  patience?: { gapMs: number; items: number; isUrgent(item: T): boolean };
  /** Items that may wait; beyond that callers are refused with `unavailable`. */
  maxWaiting: number;
}

interface Waiting<T, R> {
  item: T;
  size: number;
  urgent: boolean;
  /** Monotonic ms. */
  since: number;
  done: (result: R) => void;
  failed: (error: unknown) => void;
}

export class Batcher<T, R> {
  readonly #options: BatcherOptions<T, R>;
  #waiting: Waiting<T, R>[] = [];
  #bytes = 0;
  #running = 0;
  #scheduled = false;
  /** Monotonic ms. */
  #begunAt = Number.NEGATIVE_INFINITY;
  #timer: NodeJS.Timeout | undefined;
  /** Monotonic ms. */
  #timerAt = 0;
  /** Of those that wait, how many cannot wait for the longer gap. */
  #urgent = 0;

  constructor(options: BatcherOptions<T, R>) {
    this.#options = options;
  }

  /** Items that wait for a flush. */
  get size(): number {
    return this.#waiting.length;
  }

  /** What they weigh, by `sizeOf`. */
  get bytes(): number {
    return this.#bytes;
  }

  /** How long the one that has waited longest has waited, in ms. */
  get lag(): number {
    const [oldest] = this.#waiting;
    return oldest ? performance.now() - oldest.since : 0;
  }

  /** Resolves with this item's result after its batch was flushed. */
  add(item: T): Promise<R> {
    if (this.#waiting.length >= this.#options.maxWaiting) {
      return Promise.reject(new BidaError("unavailable", "Too much is waiting to be written; try again"));
    }
    return new Promise((done, failed) => {
      const size = this.#options.sizeOf(item);
      this.#bytes += size;
      const urgent = this.#options.patience?.isUrgent(item) ?? true;
      if (urgent) this.#urgent += 1;
      this.#waiting.push({ item, size, urgent, since: performance.now(), done, failed });
      this.#schedule();
    });
  }

  #schedule(): void {
    const { concurrency, maxItems } = this.#options;
    if (this.#scheduled || this.#running >= concurrency || this.#waiting.length === 0) return;
    const at = this.#begunAt + this.#gap();
    const wait = at - performance.now();
    if (wait > 0 && this.#waiting.length < maxItems) {
      if (this.#timer && at >= this.#timerAt) return;
      clearTimeout(this.#timer);
      this.#timerAt = at;
      this.#timer = setTimeout(() => {
        this.#timer = undefined;
        this.#schedule();
      }, wait);
      return;
    }
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      this.#begunAt = performance.now();
      void this.#run(this.#take());
      this.#schedule();
    });
  }

  #gap(): number {
    const { gapMs = 0, patience } = this.#options;
    return patience && this.#urgent === 0 && this.#waiting.length < patience.items ? patience.gapMs : gapMs;
  }

  #take(): Waiting<T, R>[] {
    const { maxItems, maxBytes } = this.#options;
    let count = 0;
    let bytes = 0;
    for (const { size } of this.#waiting) {
      if (count >= maxItems || (count > 0 && bytes + size > maxBytes)) break;
      bytes += size;
      count += 1;
    }
    this.#bytes -= bytes;
    const taken = this.#waiting.splice(0, count);
    for (const { urgent } of taken) if (urgent) this.#urgent -= 1;
    return taken;
  }

  async #run(batch: Waiting<T, R>[]): Promise<void> {
    this.#running += 1;
    try {
      const results = await this.#options.flush(batch.map(({ item }) => item));
      for (const [i, { done }] of batch.entries()) done(results[i] as R);
    } catch (error) {
      for (const { failed } of batch) failed(error);
    } finally {
      this.#running -= 1;
      this.#schedule();
    }
  }
}
