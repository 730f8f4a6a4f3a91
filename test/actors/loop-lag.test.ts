/** How often an event loop is looked at. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { LoopLag, TICK_MS } from "../../actors/loop-lag.ts";

const test = suite("loop lag");

test("while nothing is done it is looked at seldom; work brings the looks close together, for a while", async () => {
  let ticked = Promise.withResolvers<number>();
  const next = () => {
    ticked = Promise.withResolvers<number>();
    return ticked.promise;
  };
  const lag = new LoopLag((_, nextMs) => ticked.resolve(nextMs));
  // Its timer keeps no process alive.
  const alive = setInterval(() => undefined, 1_000);
  try {
    assert.ok((await next()) > 5 * TICK_MS);
    const startedAt = performance.now();
    lag.wake();
    // On a machine that stood still for all of that while it is idle again.
    for (let pause = TICK_MS; pause === TICK_MS; ) pause = await next();
    assert.ok(performance.now() - startedAt > 5 * TICK_MS);
  } finally {
    lag.stop();
    clearInterval(alive);
  }
});

test.run();
