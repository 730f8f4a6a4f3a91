import { suite } from "uvu";
import * as assert from "uvu/assert";
import { later, ManualClock, millis, SyncedClock, systemClock, WaitingClock } from "../../core/clock.ts";
import { seeded } from "./helpers.ts";

const test = suite("clock");
const HOUR = 3_600_000;

/** Another machine's clock: off by `offset` ms, fast by `ppm`. */
const otherClock = (origin: number, offset: number, ppm: number) => (local: number) =>
  local + offset + ((local - origin) * ppm) / 1e6;

/** What is told of it by a round trip during which it was read at `askedAt` and again at `answeredAt`, to the ms. */
const told = (other: (local: number) => number, askedAt: number, answeredAt = askedAt) => ({
  sentBy: Math.ceil(other(askedAt)),
  reached: Math.floor(other(answeredAt)),
});

/** That the two answers of `clock` are on the safe side of `other`. */
function assertBounds(clock: SyncedClock, other: (local: number) => number, delay: number, seed: number) {
  const before = clock.local();
  const now = clock.now();
  const then = clock.after(millis(delay));
  const after = clock.local();
  assert.ok(now <= other(after), `seed ${seed}: now() is ${now - other(after)} ms ahead`);
  assert.ok(
    then >= other(before) + delay,
    `seed ${seed}: after() is ${other(before) + delay - then} ms short`,
  );
  assert.ok(Number.isInteger(now) && Number.isInteger(then));
}

test("SyncedClock: for any offsets, drifts and round trips now() is never ahead and after() never short", () => {
  for (let seed = 1; seed <= 400; seed++) {
    const random = seeded(seed);
    const clock = new SyncedClock();
    const end = clock.local();
    const offset = (random() - 0.5) * 10 ** (random() * 10);
    const other = otherClock(end, offset, (random() - 0.5) * 90);
    // Samples of the last hour, oldest first: the last ones are the present.
    const times = Array.from({ length: 1 + Math.floor(random() * 30) }, () => random() ** 4 * HOUR);
    for (const age of times.sort((a, b) => b - a)) {
      const receivedAt = end - age;
      const sentAt = receivedAt - 10 ** (random() * 5 - 1);
      const askedAt = sentAt + random() * (receivedAt - sentAt);
      const answeredAt = askedAt + random() * (receivedAt - askedAt);
      clock.sample({ sentAt, receivedAt, ...told(other, askedAt, answeredAt) });
    }
    assertBounds(clock, other, Math.floor(random() * 100_000), seed);
  }
});

test("SyncedClock: knows an exact clock exactly, and is not worse for a slow sample after a fast one", () => {
  const clock = new SyncedClock();
  const other = otherClock(0, 123_456, 0);
  const sample = (roundTrip: number) => {
    const at = clock.local();
    clock.sample({ sentAt: at - roundTrip, receivedAt: at, ...told(other, at - roundTrip / 2) });
  };
  sample(1);
  sample(5000);
  const width = clock.after(millis(0)) - clock.now();
  assert.ok(width <= 5, `uncertain by ${width} ms`);
});

test("SyncedClock: one that asks another one inherits its uncertainty, and stays on the safe side", () => {
  for (let seed = 1; seed <= 200; seed++) {
    const random = seeded(seed);
    const [scheduler, dispatcher] = [new SyncedClock(), new SyncedClock()];
    const redis = otherClock(scheduler.local(), (random() - 0.5) * 1000, 0);
    for (let i = 0; i < 5; i++) {
      const receivedAt = scheduler.local();
      const sentAt = receivedAt - random() * 20;
      const theirs = redis(sentAt + random() * (receivedAt - sentAt));
      scheduler.sample({ sentAt, receivedAt, sentBy: theirs, reached: theirs });
    }
    const sentAt = dispatcher.local();
    const sentBy = scheduler.after(millis(0));
    dispatcher.sample({ sentAt, sentBy, reached: scheduler.now(), receivedAt: dispatcher.local() });
    assertBounds(dispatcher, redis, 0, seed);
  }
});

test("SyncedClock: a fast way there and a fast way back tell as much as a fast round trip; waiting there costs nothing", () => {
  const clock = new SyncedClock();
  const other = otherClock(0, -777, 0);
  const at = clock.local();
  for (const readAt of [at - 49, at - 1])
    clock.sample({ sentAt: at - 50, receivedAt: at, ...told(other, readAt) });
  const both = clock.after(millis(0)) - clock.now();
  assert.ok(both <= 6, `uncertain by ${both} ms`);
  const served = new SyncedClock();
  served.sample({ sentAt: at - 50, receivedAt: at, ...told(other, at - 49, at - 1) });
  const once = served.after(millis(0)) - served.now();
  assert.ok(once <= 6, `uncertain by ${once} ms`);
});

test("SyncedClock: follows another clock that takes the first one's place", () => {
  for (const step of [-HOUR, -500, 500, HOUR]) {
    const clock = new SyncedClock();
    const at = clock.local() - 1000;
    clock.sample({ sentAt: at - 2, receivedAt: at, ...told((local) => local, at - 1) });
    const replaced = otherClock(0, step, 0);
    const receivedAt = clock.local();
    clock.sample({ sentAt: receivedAt - 40, receivedAt, ...told(replaced, receivedAt - 20) });
    assertBounds(clock, replaced, 1000, step);
  }
});

test("SyncedClock: tells how far another clock jumped at least, and of nothing that is no jump", () => {
  for (const step of [-HOUR, -120_000, -500, -100, 0, 100, 500, 120_000, HOUR]) {
    const jumps: number[] = [];
    const clock = new SyncedClock((ms) => jumps.push(ms));
    const at = clock.local() - 1000;
    for (const [offset, sentAt] of [
      [0, at],
      [0, at + 20],
      [step, at + 40],
      [step, at + 60],
    ] as const)
      clock.sample({ sentAt, receivedAt: sentAt + 4, ...told(otherClock(0, offset, 0), sentAt + 2) });
    if (Math.abs(step) < 250) assert.equal(jumps, []);
    else {
      assert.is(jumps.length, 1, `${jumps}`);
      assert.ok(
        Math.abs((jumps[0] as number) - step) <= 10 && Math.abs(jumps[0] as number) <= Math.abs(step),
      );
    }
  }
});

test("SyncedClock: uncertainty grows with the age of what is known", () => {
  const sampled = (age: number) => {
    const clock = new SyncedClock();
    const at = clock.local() - age;
    clock.sample({ sentAt: at - 1, receivedAt: at, ...told((local) => local, at) });
    return clock.after(millis(0)) - clock.now();
  };
  assert.ok(sampled(24 * HOUR) > sampled(0) + 1000);
});

test("SyncedClock: before the first sample it is this machine's", () => {
  const clock = new SyncedClock();
  assertBounds(clock, (local) => local, 10, 0);
});

test("systemClock: now() has been reached, after() is at least the delay away", () => {
  for (let i = 0; i < 1000; i++) {
    const before = Date.now();
    const now = systemClock.now();
    const then = systemClock.after(millis(5));
    const after = Date.now();
    assert.ok(before <= now && now <= after);
    // However long this took: more than the delay from its beginning, and at most 1 ms more than that from its end.
    assert.ok(then > before + 5 && then <= after + 5 + 1);
  }
});

test("ManualClock and later", () => {
  const clock = new ManualClock(1000);
  assert.is(clock.after(millis(5)), 1005);
  clock.advance(10);
  assert.is(clock.now(), 1010);
  assert.is(later(clock.now(), millis(90)), 1100);
});

/** A machine: its wall clock can be set, its monotonic one cannot, and stands still while it sleeps. */
function machine() {
  let wall = 1_700_000_000_000;
  let steady = 1_000;
  const clock = new WaitingClock(
    () => wall,
    () => steady,
  );
  return {
    clock,
    wall: () => wall,
    set: (by: number) => {
      wall += by;
    },
    sleep: (ms: number) => {
      wall += ms;
    },
    /** In steps, as a process reads its clock. @returns how far the clock advanced */
    pass: (ms: number, step = 100) => {
      const before = clock.now();
      for (let left = ms; left > 0; left -= step) {
        wall += Math.min(step, left);
        steady += Math.min(step, left);
        clock.now();
      }
      return clock.now() - before;
    },
  };
}

test("waiting: a wall clock that is set back by ten minutes holds nothing up", () => {
  const { clock, set, pass, wall } = machine();
  const due = clock.after(millis(60_000));
  set(-600_000);
  assert.ok(clock.now() < due);
  pass(60_000 / 0.9 + 200);
  assert.ok(clock.now() >= due, `${due - clock.now()} ms to go`);
  assert.ok(clock.now() > wall(), "it is ahead of the wall clock still");
});

test("waiting: nothing goes faster than time, and the wall clock is met in the end", () => {
  const { clock, set, pass, wall } = machine();
  set(-600_000);
  for (let minute = 0; minute < 110; minute++) {
    const passed = pass(60_000);
    assert.ok(passed >= 53_990 && passed <= 60_001, `${passed} ms in a minute`);
  }
  assert.ok(Math.abs(clock.now() - wall()) <= 20, `${clock.now() - wall()} ms`);
});

test("waiting: a clock that is set forward, and a machine that slept, are followed at once", () => {
  const { clock, set, sleep, wall } = machine();
  set(120_000);
  assert.is(clock.now(), wall());
  sleep(8 * HOUR);
  assert.is(clock.now(), wall());
});

test("waiting: a jump of two minutes and back delays nothing by two minutes", () => {
  const { clock, set, pass } = machine();
  set(120_000);
  const due = clock.after(millis(1_000));
  set(-120_000);
  pass(1_200);
  assert.ok(clock.now() >= due);
});

test("waiting: a step back of more than an hour is followed: that clock was wrong", () => {
  const { clock, set, wall } = machine();
  set(40 * 24 * HOUR);
  clock.now();
  set(-40 * 24 * HOUR);
  assert.is(clock.now(), wall());
});

test("waiting: it never goes back by less than that", () => {
  const { clock, set, pass } = machine();
  let last = clock.now();
  for (const by of [-5, 3, -19, -2_000, 1_000, -30_000, 30_500, -1]) {
    set(by);
    assert.ok(clock.now() >= last, `after ${by} ms`);
    pass(7, 1);
    last = clock.now();
  }
});

test.run();
