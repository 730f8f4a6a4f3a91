import { mock } from "node:test";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { Loop, type LoopOptions } from "../../core/loop.ts";

const test = suite("loop");

const { now } = performance;
let at = 0;
test.before.each(() => {
  at = 0;
  performance.now = () => at;
  mock.timers.enable({ apis: ["setTimeout"] });
});
test.after.each(() => {
  mock.timers.reset();
  performance.now = now;
});

/** What has been promised comes true. */
const settled = async () => {
  for (let i = 0; i < 20; i++) await Promise.resolve();
};
async function pass(ms: number): Promise<void> {
  for (let i = 0; i < ms; i++) {
    at += 1;
    mock.timers.tick(1);
    await settled();
  }
}

/** A loop that notes when its rounds begin, and whose rounds last until they are let go. */
function loop(more: Partial<LoopOptions> = {}) {
  const began: number[] = [];
  let current = Promise.withResolvers<number | undefined>();
  const made = new Loop({
    everyMs: 100,
    async round() {
      began.push(at);
      current = Promise.withResolvers();
      return current.promise;
    },
    ...more,
  });
  return {
    made,
    began,
    end: async (pause?: number) => {
      current.resolve(pause);
      await settled();
    },
    fail: async () => {
      current.reject(new Error("away"));
      await settled();
    },
  };
}

test("a pause lies between the end of a round and the begin of the next; a round may ask for another one", async () => {
  const { made, began, end } = loop({ firstMs: 10 });
  made.start();
  await pass(10);
  await pass(500);
  assert.equal(began, [10], "one at a time");
  await end();
  await pass(100);
  await end(7);
  await pass(7);
  assert.equal(began, [10, 610, 617]);
});

test("wake begins a round at once; during one, another follows it", async () => {
  const { made, began, end } = loop();
  made.wake();
  await pass(5);
  assert.equal(began, [], "not before it was started");
  made.start();
  made.wake();
  await pass(0);
  mock.timers.tick(0);
  assert.equal(began, [5]);
  made.wake(20);
  made.wake(50);
  await end();
  await pass(20);
  assert.equal(began, [5, 25]);
  await end();
  await pass(99);
  assert.equal(began, [5, 25], "a wake counts once");
});

test("what fails is told, and tried again after pauses that double", async () => {
  const told: string[] = [];
  let done = 0;
  const { made, began, end, fail } = loop({
    ...{ firstMs: 0, failure: { first: 10, max: 40 } },
    onFailed: ({ message }) => told.push(message),
    onDone: () => {
      done += 1;
    },
  });
  made.start();
  await pass(1);
  for (const pause of [10, 20, 40, 40]) {
    await fail();
    await pass(pause);
  }
  await end();
  await pass(100);
  await fail();
  await pass(10);
  assert.equal(
    began.slice(1).map((one, i) => one - (began[i] as number)),
    [10, 20, 40, 40, 100, 10],
  );
  assert.equal([told.length, done], [5, 1]);
});

test("a stop waits for the round that runs, ends its rests, and lets none follow", async () => {
  let rounds = 0;
  let ended = false;
  const made: Loop = new Loop({
    everyMs: 10,
    firstMs: 0,
    async round(self) {
      rounds += 1;
      await self.rest(1_000_000);
      assert.ok(self.stopped);
      await self.rest(1_000_000);
      ended = true;
    },
  });
  made.start();
  await pass(1);
  assert.equal([rounds, ended], [1, false]);
  await made.stop();
  assert.ok(ended);
  made.wake();
  await pass(1_000);
  assert.is(rounds, 1);
});

test.run();
