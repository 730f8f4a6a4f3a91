import { test } from "uvu";
import * as assert from "uvu/assert";
import { TICK_MS } from "../../actors/loop-lag.ts";
import type { Job } from "../../core/job.ts";
import { RetryPace } from "../../services/dispatcher/retry-pace.ts";

const jobs = (count: number, first: boolean): Job[] =>
  Array.from({ length: count }, () => ({ first }) as Job);

/** A node that takes every retry it may, and some first calls; its loops are as late as `lagOf` says for its rate. */
function run(
  pace: RetryPace,
  seconds: number,
  firstPerTick: number,
  lagOf: (perSecond: number) => number,
): number {
  let taken = 0;
  for (let at = 0; at < seconds * 1000; at += TICK_MS) {
    taken += pace.room;
    pace.took([...jobs(pace.room, false), ...jobs(firstPerTick, true)]);
    pace.tick(lagOf(pace.perSecond), clock);
    clock += TICK_MS;
  }
  return taken / seconds;
}
let clock = 0;

test("alone, and in time: the rate grows to whatever can be had within a second", () => {
  const pace = new RetryPace();
  run(pace, 1, 0, () => 0);
  assert.ok(run(pace, 1, 0, () => 0) > 10_000);
});

test("beside first calls it settles near the rate that loops bear", () => {
  const pace = new RetryPace();
  const bear = (perSecond: number) => (perSecond > 1_500 ? 20 : 0);
  run(pace, 20, 4, bear);
  const rate = run(pace, 20, 4, bear);
  assert.ok(rate > 900 && rate < 1_600, `${rate}`);
});

test("loops that are late for other reasons leave a share to retries", () => {
  const idle = new RetryPace();
  run(idle, 5, 1, () => 50);
  const rate = run(idle, 5, 1, () => 50);
  assert.ok(rate > 90 && rate < 110, `${rate}`);
  const busy = new RetryPace();
  run(busy, 5, 42, () => 50);
  const more = run(busy, 5, 42, () => 50);
  assert.ok(more > 270 && more < 330, `a seventh of 2,100 first calls: ${more}`);
});

test("loops that stand still for long, and claims that take as long, leave retries their lowest rate", () => {
  const pace = new RetryPace();
  const [step, steps] = [200, 50];
  let taken = 0;
  for (let i = 0; i < steps; i++) {
    taken += pace.room;
    pace.took([...jobs(pace.room, false), ...jobs(4, true)]);
    clock += step;
    pace.tick(step - TICK_MS, clock);
  }
  const rate = taken / ((steps * step) / 1000);
  assert.ok(rate > 90, `${rate}`);
});

test("claims that take a second each leave retries their lowest rate", () => {
  const pace = new RetryPace();
  const seconds = 20;
  let taken = 0;
  for (let i = 0; i < seconds; i++) {
    taken += pace.room;
    pace.took([...jobs(pace.room, false), ...jobs(4, true)]);
    for (let ms = 0; ms < 1_000; ms += TICK_MS) {
      clock += TICK_MS;
      pace.took(jobs(1, true));
      pace.tick(50, clock);
    }
  }
  assert.ok(taken / seconds > 90, `${taken / seconds}`);
});

test("alone, more lateness is borne", () => {
  const pace = new RetryPace();
  assert.ok(run(pace, 2, 0, () => 10) > 5_000);
});

test("a burst after a rest does not get all at once", () => {
  const pace = new RetryPace();
  run(pace, 2, 0, () => 0);
  for (let i = 0; i < 1_000; i++) {
    clock += TICK_MS;
    pace.tick(0, clock);
  }
  assert.ok(pace.room <= 100, `${pace.room}`);
  // And the first call that comes takes the rate down at once.
  pace.took(jobs(1, true));
  clock += TICK_MS;
  pace.tick(0, clock);
  assert.is(pace.perSecond, 500);
});

test("where ticks are seldom first calls count by the time that passed, and the first retries come by and by", () => {
  const pace = new RetryPace();
  const seldom = 500;
  for (let i = 0; i < 30; i++) {
    pace.took(jobs(50, true));
    clock += seldom;
    pace.tick(50, clock);
  }
  // A hundred first calls per second: retries have their lowest rate, which is more than a seventh of that.
  assert.is(Math.round(pace.perSecond), 100);
  const quick = new RetryPace();
  for (let i = 0; i < 30; i++) {
    quick.took(jobs(50, true));
    clock += seldom;
    quick.tick(0, clock);
  }
  assert.is(quick.room, 100);
  const many = new RetryPace();
  for (let i = 0; i < 30; i++) {
    many.took(jobs(700, true));
    clock += seldom;
    many.tick(50, clock);
  }
  assert.is(Math.round(many.perSecond), 200, "a seventh of 1,400");
});

test.run();
