/** The table at the end of a run: a target that was missed, or could not be measured, is said. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Measured } from "../../bench/measure.ts";
import { report } from "../../bench/report.ts";
import type { Result } from "../../bench/result.ts";
import { targets } from "../../bench/targets.ts";
import type { RateUsage } from "../../bench/workloads/rates.ts";

const test = suite("targets of the bench");

const measured = (key: string, cpuUs: number, perSecond: number): [string, Measured] => [
  key,
  { key, cpuUs, perSecond, handed: 1, rounds: [] },
];

const usage = (rate: number, cores: number, kept = true): RateUsage => ({
  rate,
  seconds: 6,
  kept,
  cores,
  byRole: { worker: cores },
  firstCall: null,
  problems: [],
});

function result(more: Partial<Result>): Result {
  return {
    startedAt: "2026-11-27T00:00:00.000Z",
    quick: true,
    machine: { cpu: "test", cores: 2, memoryGiB: 8, node: "v24", kernel: "6" },
    loadAverage: { before: [], after: [] },
    generatorPerSecond: 10_000,
    throughput: {},
    rates: {},
    latency: {},
    lateness: {},
    backlog: {},
    storm: {},
    hanging: {},
    skipped: [],
    problems: [],
    seconds: 1,
    ...more,
  };
}

const row = (of: Result, what: RegExp) => {
  const found = targets(of).filter((one) => what.test(one.what));
  assert.is(found.length, 1, String(what));
  return found[0] as (typeof found)[number];
};

test("CPU per callback is a ratio of two systems in one run", () => {
  const throughput = Object.fromEntries([
    measured("cluster.single", 240, 3_000),
    measured("bullmq-stack.single", 500, 3_200),
  ]);
  const { target, found, met } = row(result({ throughput }), /CPU per callback.*cluster/);
  assert.equal([target, found, met], ["≤ 0.5", "0.48", true]);
  assert.is(row(result({ throughput }), /CPU per callback.*embedded/).met, null, "not measured");
});

test("cores in use are judged where the rate was kept", () => {
  const rates = {
    "cluster@50": usage(50, 0.12),
    "cluster@200": usage(200, 0.4),
    "cluster@500": usage(500, 0.3, false),
  };
  assert.equal(row(result({ rates }), /cluster, 50 per/).met, true);
  assert.equal(row(result({ rates }), /cluster, 200 per/).met, false);
  const missed = row(result({ rates }), /cluster, 500 per/);
  assert.equal([missed.found, missed.met], ["0.3, did not keep up", false]);
});

test("what is small keeps its digits", () => {
  const rates = { "cluster@0": usage(0, 0.0123), "embedded@0": usage(0, 0.004) };
  assert.equal(row(result({ rates }), /cluster, idle/).found, "0.0123");
  assert.equal(row(result({ rates }), /embedded, idle/).found, "0.004");
});

test("the report has what was measured only, and says what was missed", () => {
  const rates = { "cluster@200": usage(200, 0.4), "embedded@200": usage(200, 0.1) };
  const text = report(result({ rates }));
  assert.match(text, /cluster, 200 per second: cores in use +≤ 0.35 +0.4 +MISSED/);
  assert.match(text, /1 of 2 targets missed/);
  assert.not.match(text, /1,000,000/);
});

test.run();
