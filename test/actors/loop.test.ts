import { suite } from "uvu";
import * as assert from "uvu/assert";
import { ThreadGauges } from "../../actors/gauges.ts";
import { LoopDelay } from "../../actors/loop-delay.ts";
import { LoopLag, REST_TICK_MS, TICK_MS } from "../../actors/loop-lag.ts";

const test = suite("event loop");

/** Resolves with what each of the next ticks said, once one of them fits. */
async function ticks(fits: (tickMs: number, lagMs: number) => boolean, during: (lag: LoopLag) => void = () => {}) {
  const seen: [lagMs: number, tickMs: number][] = [];
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  // The ticks keep nothing alive.
  const deadline = setTimeout(() => reject(new Error(`not seen: ${JSON.stringify(seen.slice(-5))}`)), 30_000);
  const lag = new LoopLag((lagMs, tickMs) => {
    seen.push([lagMs, tickMs]);
    if (fits(tickMs, lagMs)) resolve();
    else during(lag);
  });
  await promise.finally(() => {
    clearTimeout(deadline);
  });
  return { lag, seen };
}

test("a loop that has nothing to do is looked at seldom, and often again once it is woken", async () => {
  const { lag, seen } = await ticks((tickMs) => tickMs === REST_TICK_MS);
  assert.is(seen[0]?.[1], TICK_MS);
  assert.ok(lag.wake());
  assert.not.ok(lag.wake(), "it does not rest any more");
  lag.stop();
});

test("a loop that is busy is looked at often, and says how late it is", async () => {
  let busy = 0;
  const { lag, seen } = await ticks(
    (_, lagMs) => lagMs >= 50,
    () => {
      // Late for the next look, for sure.
      for (const until = performance.now() + TICK_MS + 80; performance.now() < until; ) busy += 1;
    },
  );
  assert.ok(busy > 0);
  assert.ok(seen.every(([, tickMs]) => tickMs === TICK_MS));
  lag.stop();
});

test("the figures are those of the last whole window", () => {
  const { now } = performance;
  let at = 0;
  performance.now = () => at;
  try {
    const windows: number[][] = [];
    const delay = new LoopDelay(({ p50, p99 }) => windows.push([Math.round(p50), Math.round(p99)]));
    for (let i = 0; i < 100; i++) {
      at += 50;
      delay.record(i < 90 ? 2 : 40);
    }
    for (let i = 0; i < 100; i++) {
      at += 50;
      delay.record(0);
    }
    assert.equal(windows, [
      [2, 40],
      [0, 0],
    ]);
  } finally {
    performance.now = now;
  }
});

test("a thread that rests is not taken for one that is late", () => {
  const gauges = new ThreadGauges();
  gauges.beat(1.5, REST_TICK_MS);
  assert.is(gauges.lagMs, 1.5);
  gauges.beat(3, TICK_MS);
  assert.is(gauges.lagMs, 3);
});

test.run();
