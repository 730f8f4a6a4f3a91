import { suite } from "uvu";
import * as assert from "uvu/assert";
import { epochMs, hours, millis } from "../../core/clock.ts";
import {
  DEFAULT_RETRY,
  LEGACY_RETRY,
  MAX_RETRY_AFTER,
  parseRetryAfter,
  type RetryPolicy,
  retryDelay,
} from "../../core/retry.ts";
import { seeded } from "./helpers.ts";

const test = suite("retry");
// Not GMT: a date that is read as local time shows.
process.env.TZ = "Asia/Shanghai";

const delays = (policy: RetryPolicy, count: number) =>
  Array.from({ length: count }, (_, i) => Number(retryDelay(policy, i + 1, null, 0)));

const TABLE: [string, RetryPolicy, number[]][] = [
  ["kkbida's minute", LEGACY_RETRY, [60_000, 60_000, 60_000]],
  ["fixed", { strategy: "fixed", delayMs: 7 }, [7, 7, 7]],
  ["fixed without a pause", { strategy: "fixed", delayMs: 0 }, [0, 0]],
  [
    "exponential up to its maximum",
    { strategy: "exponential", delayMs: 100, factor: 3, maxDelayMs: 1000 },
    [100, 300, 900, 1000, 1000],
  ],
  [
    "exponential with factor 1",
    { strategy: "exponential", delayMs: 5, factor: 1, maxDelayMs: 50 },
    [5, 5, 5],
  ],
  [
    "exponential whose maximum is below its start",
    { strategy: "exponential", delayMs: 50, factor: 2, maxDelayMs: 10 },
    [10, 10],
  ],
  ["schedule repeats its last", { strategy: "schedule", delaysMs: [1, 20, 300] }, [1, 20, 300, 300, 300]],
  [
    "v1's default",
    DEFAULT_RETRY,
    [5, 30, 120, 600, 1800, 3600, 10_800, 21_600, 43_200, 43_200].map((s) => s * 1000),
  ],
];
for (const [name, policy, wanted] of TABLE) {
  test(name, () => assert.equal(delays(policy, wanted.length), wanted));
}

test("the hundredth pause of the steepest policy is still a number", () => {
  const policy: RetryPolicy = { strategy: "exponential", delayMs: 2, factor: 100, maxDelayMs: 1e9 };
  assert.is(retryDelay(policy, 100, null, 0.5), 1e9);
  assert.is(retryDelay({ ...policy, delayMs: 0 }, 100, null, 0.5), 0);
});

test("no recorded failure yet counts as the first", () => {
  assert.is(retryDelay({ strategy: "schedule", delaysMs: [5, 6] }, 0, null, 0), 5);
});

test("jitter only lengthens, by at most its share", () => {
  for (let seed = 1; seed <= 1000; seed++) {
    const random = seeded(seed);
    const jitter = random();
    const delayMs = Math.floor(random() * 1e6);
    const failures = 1 + Math.floor(random() * 10);
    const policies: RetryPolicy[] = [
      { strategy: "fixed", delayMs },
      { strategy: "exponential", delayMs, factor: 1 + random() * 3, maxDelayMs: 2e6 },
      { strategy: "schedule", delaysMs: [delayMs, delayMs * 2] },
    ];
    for (const policy of policies) {
      const plain = retryDelay(policy, failures, null, random());
      const jittered = retryDelay({ ...policy, jitter }, failures, null, random());
      assert.ok(jittered >= plain, `seed ${seed}`);
      assert.ok(jittered <= plain * (1 + jitter) + 1, `seed ${seed}`);
      assert.is(retryDelay({ ...policy, jitter }, failures, null, 0), plain);
    }
  }
});

test("Retry-After only lengthens", () => {
  const policy: RetryPolicy = { strategy: "fixed", delayMs: 1000 };
  assert.is(retryDelay(policy, 1, millis(10), 0), 1000);
  assert.is(retryDelay(policy, 1, millis(5000), 0), 5000);
});

const NOW = epochMs(Date.UTC(2026, 0, 1, 12, 0, 0));
const HEADERS: [string | undefined, number | null][] = [
  [undefined, null],
  ["", null],
  ["120", 120_000],
  [" 120 ", 120_000],
  ["0", null],
  ["-5", null],
  ["1.5", null],
  ["+5", null],
  ["1e3", null],
  ["5 s", null],
  ["soon", null],
  ["soon 5", null],
  ["Thursday", null],
  ["2592000", hours(24)],
  ["999999999999999", hours(24)],
  ["Thu, 01 Jan 2026 12:05:00 GMT", 300_000],
  ["Thursday, 01-Jan-26 12:05:00 GMT", 300_000],
  ["Thu Jan  1 12:05:00 2026", 300_000],
  ["Thu, 01 Jan 2026 11:59:59 GMT", null],
  ["Thu, 01 Jan 2026 12:00:00 GMT", null],
  ["Sun, 01 Feb 2026 12:00:00 GMT", hours(24)],
  ["Thu, 32 Jan 2026 12:05:00 GMT", null],
  ["120, 240", null],
];
for (const [value, wanted] of HEADERS) {
  test(`Retry-After: ${value}`, () => assert.is(parseRetryAfter(value, NOW), wanted));
}

test("the limit of patience is a day", () => assert.is(MAX_RETRY_AFTER, 86_400_000));

test.run();
