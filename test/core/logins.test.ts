import { suite } from "uvu";
import * as assert from "uvu/assert";
import { networkOf } from "../../core/addresses.ts";
import { type EpochMs, epochMs, hours, later, millis, minutes } from "../../core/clock.ts";
import {
  type Attempts,
  FAILURES_KEPT,
  loginWait,
  SESSION_IDLE,
  SESSION_MAX,
  sessionEnd,
} from "../../core/logins.ts";
import { TokenBucket } from "../../core/token-bucket.ts";

const test = suite("logins");
const NOW = epochMs(1_700_000_000_000);
const failed = (failures: number, ago = 0): Attempts => ({
  failures,
  failedAt: (NOW - ago) as EpochMs,
  succeededAt: null,
});

const WAITS: [failures: number, ago: number, wait: number][] = [
  [0, 0, 0],
  [4, 0, 0],
  [5, 0, 1_000],
  [6, 0, 2_000],
  [7, 500, 3_500],
  [10, 0, 32_000],
  [10, 32_000, 0],
  [14, 0, 512_000],
  [15, 0, minutes(15)],
  [1_000_000, 0, minutes(15)],
  [15, minutes(15), 0],
  [1000, FAILURES_KEPT + 1, 0],
];
for (const [failures, ago, wait] of WAITS)
  test(`after ${failures} failures, the last ${ago} ms ago: ${wait} ms`, () =>
    assert.is(loginWait(failed(failures, ago), 5, NOW), wait));

test("nothing is known: no wait", () => assert.is(loginWait(null, 5, NOW), 0));

test("a session ends 12 h after its last use, and 7 days after its beginning", () => {
  assert.is(sessionEnd(NOW, NOW), later(NOW, SESSION_IDLE));
  const late = later(NOW, hours(7 * 24 - 1));
  assert.is(sessionEnd(NOW, late), later(NOW, SESSION_MAX));
});

const NETWORKS: [ip: string, network: string][] = [
  ["192.0.2.7", "192.0.2.7"],
  ["::ffff:192.0.2.7", "192.0.2.7"],
  ["2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"],
  ["2001:db8:1:2:ffff::", "2001:db8:1:2::/64"],
  ["2001:db8:1:3::1", "2001:db8:1:3::/64"],
  ["", ""],
  ["nonsense", "nonsense"],
];
for (const [ip, network] of NETWORKS)
  test(`${ip} counts as ${network}`, () => assert.is(networkOf(ip), network));

test("a token bucket: a second's worth at once, then as many per second as it says", () => {
  const bucket = new TokenBucket(10, 0);
  let given = 0;
  while (bucket.take(0) === 0) given++;
  assert.is(given, 10);
  assert.is(bucket.take(0), millis(100));
  assert.is(bucket.take(100), millis(0));
  assert.is(bucket.take(100), millis(100));
  for (let now = 101, more = 0; now <= 10_100; now++) {
    if (bucket.take(now) === 0) more++;
    if (now === 10_100) assert.ok(more >= 99 && more <= 100, String(more));
  }
});

test("a token bucket whose rate changes, and whose clock stands still or goes back", () => {
  const bucket = new TokenBucket(100, 1000);
  bucket.setRate(2, 1000);
  assert.equal([bucket.take(1000), bucket.take(999)], [0, 0]);
  assert.is(bucket.take(999), 500);
  bucket.setRate(1000, 1000);
  assert.ok(bucket.take(1000) <= 2);
  assert.is(bucket.take(1500), 0);
});

test.run();
