/**
 * A thousand destinations hang, on a machine so busy that a claim takes half a second: retries of others are not late. Three
 * dispatchers and two schedulers are played on a clock that is turned by hand; the due set and the pace of retries are real.
 */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { later, ManualClock, millis } from "../../core/clock.ts";
import { type Lane, laneOf, newTaskId } from "../../core/ids.ts";
import type { DueEntry, Job } from "../../core/job.ts";
import type { Health } from "../../core/outcome.ts";
import { MemoryDueSet } from "../../due/memory.ts";
import { RetryPace } from "../../services/dispatcher/retry-pace.ts";

/** In ms: between two looks of the dispatchers at how late their loops are, and how late those are. */
const TICK = 20;
const LAG = 50;
const CLAIM = 500;
const DEADLINE = 3_000;
const PAUSE = millis(500);
const SECONDS = 40;

const clock = new ManualClock();
const set = new MemoryDueSet(clock, { leaseMs: millis(60_000), window: 256 });
const plans: { at: number; run: () => unknown }[] = [];
const inMs = (ms: number, run: () => unknown) => plans.push({ at: clock.now() + ms, run });

const entry = (lane: Lane, first = false): DueEntry => {
  return { taskId: newTaskId(), lane, app: 0, first, dueAt: clock.now() };
};
const lanes = (name: string, count: number) =>
  Array.from({ length: count }, (_, i) => laneOf(`http://${name}${i}`));

class Dispatcher {
  readonly pace = new RetryPace();
  #promised = 0;

  tick(): void {
    this.pace.took([{ first: true } as Job]);
    this.pace.tick(LAG, clock.now());
  }

  /** As `demand.ts` asks, of one of two schedulers. */
  ask(answer: (entry: DueEntry) => void): void {
    const room = this.pace.room;
    const retries = Math.min(Math.ceil(room / 2), room - this.#promised);
    if (retries <= 0) {
      inMs(TICK, () => this.ask(answer));
      return;
    }
    this.#promised += retries;
    inMs(CLAIM / 2, async () => {
      const taken = await set.claim("d", 192, retries);
      inMs(CLAIM / 2, () => {
        this.#promised -= retries;
        this.pace.took(taken as unknown as Job[]);
        for (const one of taken) answer(one);
        this.ask(answer);
      });
    });
  }
}

test("retries of others are not late while a thousand destinations hang", async () => {
  const hanging = new Set(lanes("hangs", 1_000));
  const well = lanes("well", 4);
  const late: number[] = [];
  const end = (one: DueEntry, health: Health, next: DueEntry | null) =>
    set.settle("d", [{ entry: one, next, health, unheld: true }]);
  const answer = (one: DueEntry) => {
    if (hanging.has(one.lane))
      inMs(DEADLINE, () => end(one, "slow", { ...one, dueAt: later(clock.now(), PAUSE) }));
    else {
      late.push(clock.now() - one.dueAt);
      inMs(TICK, () => end(one, "ok", null));
    }
  };
  // The first calls of those that hang have run into their deadlines.
  for (const lane of hanging) await end(entry(lane, true), "slow", null);
  for (const lane of well) await end(entry(lane, true), "ok", null);
  for (const [i, lane] of [...hanging].entries()) inMs(i * 9, () => set.add([entry(lane)]));
  for (let i = 0; i < SECONDS * 7; i++) inMs(i * 143, () => set.add([entry(well[i % 4] as Lane)]));
  const dispatchers = [new Dispatcher(), new Dispatcher(), new Dispatcher()];
  for (const [i, dispatcher] of dispatchers.entries())
    for (const scheduler of [0, 1]) inMs(i * 60 + scheduler * 30, () => dispatcher.ask(answer));
  for (let passed = 0; passed < SECONDS * 1_000; passed += TICK) {
    clock.advance(TICK);
    for (const dispatcher of dispatchers) dispatcher.tick();
    const now = plans.filter(({ at }) => at <= clock.now());
    for (const plan of now) plans.splice(plans.indexOf(plan), 1);
    for (const { run } of now) await run();
  }
  await set.close();
  assert.ok(late.length > SECONDS * 6, `${late.length} were called`);
  assert.ok(Math.max(...late) < 3 * CLAIM, `${Math.max(...late)} ms`);
});

test.run();
