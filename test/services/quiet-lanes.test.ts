import { mock } from "node:test";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { millis } from "../../core/clock.ts";
import { NO_SETTINGS } from "../../core/destination.ts";
import { type Lane, laneOf } from "../../core/ids.ts";
import { RULES } from "../../due/lane-rules.ts";
import { QuietLanes } from "../../services/scheduler/quiet-lanes.ts";

const test = suite("quiet lanes");
const [calm, busy] = [laneOf("http://calm"), laneOf("http://busy")];
const HALF = RULES.START_WINDOW / 2;

/** Lanes over a due set that answers when the test says so. */
function lanes(schedulers = 1) {
  const told: [Lane, number][][] = [];
  const stopwatch = { looks: 0 };
  let looked = Promise.withResolvers<void>();
  const due = {
    answer: async () => (lane: Lane) => lane !== busy,
    async quiet() {
      stopwatch.looks += 1;
      const isQuiet = await due.answer();
      setImmediate(() => {
        looked.resolve();
        looked = Promise.withResolvers();
      });
      return isQuiet;
    },
    async wentWell(calls: ReadonlyMap<Lane, number>) {
      told.push([...calls]);
      return [];
    },
  };
  const log = { debug: () => undefined } as never;
  const options = { due, log, leaseMs: millis(10_000), window: 256, onChanges: () => undefined };
  const quiet = new QuietLanes({ ...options, schedulers: () => schedulers });
  /** The first task finds out that nothing is known, and has the due set asked. */
  const known = async () => {
    const seen = looked.promise;
    assert.not.ok(quiet.take(calm));
    await seen;
  };
  /** The next look is over. */
  const seen = () => looked.promise;
  return { quiet, due, told, known, seen, stopwatch };
}

/** Time goes on when the test says so. */
function manualTime() {
  let now = performance.now();
  mock.timers.enable({ apis: ["setTimeout"] });
  mock.method(performance, "now", () => now);
  return {
    pass(ms: number) {
      now += ms;
      mock.timers.tick(ms);
    },
  };
}
test.after.each(() => {
  mock.timers.reset();
  mock.restoreAll();
});

test("nothing is quiet before the due set was asked; then all but what it names", async () => {
  const { quiet, known } = lanes();
  await known();
  assert.ok(quiet.take(calm));
  assert.not.ok(quiet.take(busy));
  await quiet.stop();
});

test("a due set that does not answer leaves every task to the usual way", async () => {
  const { quiet, due } = lanes();
  const asked = Promise.withResolvers<void>();
  due.answer = async () => {
    asked.resolve();
    throw new Error("away");
  };
  assert.not.ok(quiet.take(calm));
  await asked.promise;
  assert.not.ok(quiet.take(calm));
  await quiet.stop();
});

test("where one scheduler does not know such rows, nothing is handed over", async () => {
  const { quiet, known } = lanes(0);
  await known();
  assert.not.ok(quiet.take(calm));
  await quiet.stop();
});

test("a lane takes half of its window, shared by all schedulers; what ends makes room", async () => {
  const { quiet, known } = lanes(2);
  await known();
  const taken = Array.from({ length: HALF }, () => quiet.take(calm)).filter(Boolean).length;
  assert.is(taken, HALF / 2);
  quiet.ended(calm, false);
  assert.ok(quiet.take(calm));
  assert.not.ok(quiet.take(calm));
  await quiet.stop();
});

test("calls that went well widen the window, and are told as a number per lane", async () => {
  const { quiet, told, known } = lanes();
  await known();
  for (let i = 0; i < 10; i++) {
    assert.ok(quiet.take(calm));
    quiet.ended(calm, true);
  }
  const taken = Array.from({ length: 2 * HALF }, () => quiet.take(calm)).filter(Boolean).length;
  assert.is(taken, HALF + 5);
  await quiet.stop();
  assert.equal(told, [[[calm, 10]]]);
});

test("an outcome of another scheduler's task takes one of ours, and never makes the count less than none", async () => {
  const { quiet, known } = lanes();
  await known();
  quiet.ended(calm, false);
  const take = () => Array.from({ length: 2 * HALF }, () => quiet.take(calm)).filter(Boolean).length;
  assert.is(take(), HALF);
  quiet.ended(calm, false);
  assert.is(take(), 1);
  await quiet.stop();
});

test("a due set that is away is not asked for every task", async () => {
  const { quiet, due } = lanes();
  let asked = 0;
  due.answer = async () => {
    asked += 1;
    throw new Error("away");
  };
  for (let i = 0; i < 100; i++) {
    assert.not.ok(quiet.take(calm));
    await new Promise((resolve) => setImmediate(resolve));
  }
  assert.is(asked, 1);
  await quiet.stop();
});

test("a breaker that opened holds at once", async () => {
  const { quiet, known } = lanes();
  await known();
  quiet.opened(calm);
  assert.not.ok(quiet.take(calm));
  await quiet.stop();
});

test("a breaker that opened and closed again between two looks does not keep its lane from the short way", async () => {
  const time = manualTime();
  const { quiet, known, seen } = lanes();
  await known();
  quiet.opened(calm);
  time.pass(1_000);
  await seen();
  assert.ok(quiet.take(calm));
  await quiet.stop();
});

test("what an operator set is not forgotten over a breaker that opens, nor before the due set knows it", async () => {
  const time = manualTime();
  const { quiet, known, seen } = lanes();
  await known();
  quiet.configured(calm, { ...NO_SETTINGS, paused: true });
  quiet.opened(calm);
  time.pass(1_000);
  await seen();
  assert.not.ok(quiet.take(calm));
  await quiet.stop();
});

test("a scheduler that records and accepts nothing tells what went well, and looks no longer than it must", async () => {
  const time = manualTime();
  const { quiet, told, seen, stopwatch } = lanes();
  for (let i = 0; i < 3; i++) quiet.ended(calm, true);
  quiet.ended(busy, false);
  time.pass(1_000);
  await seen();
  assert.equal(told, [[[calm, 3]]]);
  // One more look, at which nothing has happened since: the lanes are forgotten.
  time.pass(1_000);
  await seen();
  for (let i = 0; i < 10; i++) time.pass(1_000);
  assert.is(stopwatch.looks, 2);
  quiet.ended(calm, true);
  time.pass(1_000);
  await seen();
  assert.equal(told, [[[calm, 3]], [[calm, 1]]]);
  await quiet.stop();
});

test("what an operator sets holds at once", async () => {
  const { quiet, known } = lanes();
  await known();
  for (const settings of [{ paused: true }, { concurrency: 1 }, { ratePerSecond: 1 }, { breaker: false }]) {
    quiet.configured(calm, { ...NO_SETTINGS, ...settings });
    assert.not.ok(quiet.take(calm), JSON.stringify(settings));
  }
  quiet.configured(calm, { ...NO_SETTINGS, keepAlive: false });
  assert.ok(quiet.take(calm));
  await quiet.stop();
});

test.run();
