import { test } from "uvu";
import * as assert from "uvu/assert";
import { bucketOfDuration, type Histogram, mergeHistogram, percentiles } from "../../core/histogram.ts";
import { seeded } from "./helpers.ts";

const histogramOf = (durations: number[]): Histogram => {
  const histogram: Histogram = {};
  for (const ms of durations) mergeHistogram(histogram, { [bucketOfDuration(ms)]: 1 });
  return histogram;
};

test("every duration a call can have is told within 5 %, with at most 125 buckets", () => {
  const buckets = new Set<number>();
  for (let ms = 1; ms <= 120_000; ms++) {
    const bucket = bucketOfDuration(ms);
    buckets.add(bucket);
    const [told] = percentiles({ [bucket]: 1 }, [1]);
    assert.ok(Math.abs(told! - ms) <= 0.05 * ms + 0.05, `${ms} is told as ${told}`);
  }
  assert.ok(buckets.size <= 125, `${buckets.size}`);
  assert.equal(percentiles(histogramOf([0, 0, 0.4]), [0.5, 0.99]), [0, 0]);
});

test("buckets rise with durations", () => {
  for (let ms = 1; ms < 130_000; ms++) assert.ok(bucketOfDuration(ms) <= bucketOfDuration(ms + 1), `${ms}`);
});

test("percentiles: exact ranks, within the error; merged is the same as measured together", () => {
  const random = seeded(11);
  const all = Array.from({ length: 5_000 }, () => Math.round(120_000 * random() ** 6));
  const merged = histogramOf(all.slice(0, 1_700));
  mergeHistogram(merged, histogramOf(all.slice(1_700)));
  assert.equal(merged, histogramOf(all));
  const sorted = all.toSorted((a, b) => a - b);
  const parts = [0.01, 0.5, 0.9, 0.95, 0.99, 1];
  for (const [i, told] of percentiles(merged, parts).entries()) {
    const real = sorted[Math.ceil(parts[i]! * all.length) - 1]!;
    assert.ok(Math.abs(told! - real) <= 0.05 * real + 0.05, `${parts[i]}: ${real} is told as ${told}`);
  }
});

test("nothing measured: null", () => {
  assert.equal(percentiles({}, [0.5, 0.99]), [null, null]);
});

test.run();
