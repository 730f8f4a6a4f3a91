import { test } from "uvu";
import * as assert from "uvu/assert";
import { type EpochMs, epochMs } from "../../core/clock.ts";
import { verdictOf } from "../../core/destination-health.ts";
import { type CallMinute, lastOutage } from "../../core/outage.ts";

const T0 = Date.UTC(2026, 10, 27, 2, 0);
const at = (minute: number): EpochMs => epochMs(T0 + minute * 60_000);
/** `[minute, calls, failed]` each. */
const minutes = (...list: [number, number, number][]): CallMinute[] =>
  list.map(([minute, calls, failed]) => ({ at: at(minute), calls, failed }));

test("an outage begins with the first minute that mostly fails, and ends with the first that mostly does not", () => {
  const calls = minutes([0, 10, 0], [1, 10, 4], [2, 10, 6], [3, 8, 8], [4, 10, 1], [5, 10, 0]);
  assert.equal(lastOutage(calls), { from: at(2), to: at(4), calls: 18, failed: 14 });
});

test("one that goes on has no end; few failed calls are none", () => {
  assert.equal(lastOutage(minutes([0, 5, 0], [1, 5, 5])), { from: at(1), to: null, calls: 5, failed: 5 });
  assert.is(lastOutage(minutes([0, 5, 0], [1, 2, 2], [2, 5, 0])), null);
  assert.is(lastOutage([]), null);
});

test("minutes without calls say nothing: a breaker lets few through", () => {
  const calls = minutes([0, 5, 5], [1, 0, 0], [30, 1, 1], [31, 0, 0], [60, 1, 0], [61, 20, 0]);
  assert.equal(lastOutage(calls), { from: at(0), to: at(60), calls: 6, failed: 6 });
});

test("back for a short while is not back; of two outages the later counts", () => {
  const flapping = minutes([0, 5, 5], [1, 5, 0], [3, 5, 5], [4, 5, 0]);
  assert.equal(lastOutage(flapping), { from: at(0), to: at(4), calls: 10, failed: 10 });
  const two = minutes([0, 5, 5], [1, 5, 0], [20, 4, 4], [21, 5, 0]);
  assert.equal(lastOutage(two), { from: at(20), to: at(21), calls: 4, failed: 4 });
  const later = minutes([0, 5, 5], [1, 5, 0], [20, 1, 1], [21, 5, 0]);
  assert.equal(lastOutage(later), { from: at(0), to: at(1), calls: 5, failed: 5 }, "the later is none");
});

test("the verdict: never healthy beside calls that failed", () => {
  const of = (...list: [calls: number, failed: number][]) =>
    verdictOf(list.map(([calls, failed]) => ({ calls, failed })));
  assert.is(of([0, 0], [525, 525], [525, 525]), "failing");
  assert.is(of([1, 0], [525, 525], [525, 525]), "recovering");
  assert.is(of([100, 0], [100, 0], [1_000, 500]), "recovering");
  assert.is(of([100, 6], [100, 6], [100, 6]), "unsteady");
  assert.is(of([100, 5], [1_000, 5], [1_000, 5]), "healthy");
  assert.is(of([0, 0], [0, 0], [10, 0]), "healthy");
  assert.is(of([0, 0], [0, 0], [0, 0]), "quiet");
});

test.run();
