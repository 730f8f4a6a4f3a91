/**
 * Histograms of durations that can be added up: buckets that grow by a constant factor, so any percentile is read
 * with the same relative error, ±(γ−1)/(γ+1) = ±4.8 % (Masson, Rim, Lee, "DDSketch", VLDB 2019, section 2).
 * A call lasts at most 120 s, so there are at most 125 buckets; those that are empty are not kept.
 */

/** Bucket → count. Bucket 0 holds what took under 1 ms; bucket i what took (γ^(i−2), γ^(i−1)] ms. */
export type Histogram = Record<number, number>;

const GAMMA = 1.1;
const LOG_GAMMA = Math.log(GAMMA);

/** The bucket of a duration in ms. */
export function bucketOfDuration(ms: number): number {
  return ms < 1 ? 0 : 1 + Math.ceil(Math.log(ms) / LOG_GAMMA - 1e-9);
}

/** The duration in ms that stands for a bucket: off by no more than 4.8 % for anything in it. */
const middleOf = (bucket: number): number =>
  bucket === 0 ? 0 : bucket === 1 ? 1 : (2 * GAMMA ** (bucket - 1)) / (1 + GAMMA);

/** Adds `more` to `into`. */
export function mergeHistogram(into: Histogram, more: Histogram): void {
  for (const bucket in more) into[bucket] = (into[bucket] ?? 0) + (more[bucket] as number);
}

/** The percentiles asked for, in ms (cut to one decimal); null where nothing was measured. `parts` are in (0, 1], rising. */
export function percentiles(histogram: Histogram, parts: number[]): (number | null)[] {
  // Integer keys of an object come in rising order.
  const buckets = Object.entries(histogram).map(([bucket, count]) => [Number(bucket), count] as const);
  const total = buckets.reduce((sum, [, count]) => sum + count, 0);
  return parts.map((part) => {
    if (total === 0) return null;
    let rest = Math.max(1, Math.ceil(part * total));
    for (const [bucket, count] of buckets) {
      rest -= count;
      if (rest <= 0) return Math.round(middleOf(bucket) * 10) / 10;
    }
    return null;
  });
}
