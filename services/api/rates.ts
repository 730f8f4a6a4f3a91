/** Apps' rate limits. Each node with the REST API counts for itself: with two of them an app may have twice its rate. */
import { BidaError } from "../../core/errors.ts";
import { TokenBucket } from "../../core/token-bucket.ts";

const MAX_BUCKETS = 10_000;

export class Rates {
  readonly #buckets = new Map<number, { bucket: TokenBucket; perSecond: number }>();

  /** @throws BidaError too_many_requests */
  take(appId: number, perSecond: number, now = performance.now()): void {
    let entry = this.#buckets.get(appId);
    if (!entry) {
      if (this.#buckets.size >= MAX_BUCKETS) this.#buckets.clear();
      entry = { bucket: new TokenBucket(perSecond, now), perSecond };
      this.#buckets.set(appId, entry);
    } else if (entry.perSecond !== perSecond) {
      entry.bucket.setRate(perSecond, now);
      entry.perSecond = perSecond;
    }
    const wait = entry.bucket.take(now);
    if (wait === 0) return;
    const retryAfter = Math.max(1, Math.ceil(wait / 1000));
    throw new BidaError("too_many_requests", `This app may make ${perSecond} requests per second`, {
      retryAfter,
    });
  }
}
