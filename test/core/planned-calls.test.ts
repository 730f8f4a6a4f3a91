import { test } from "uvu";
import * as assert from "uvu/assert";
import { epochMs } from "../../core/clock.ts";
import { plannedCalls } from "../../core/planned-calls.ts";
import type { Limits, Progress } from "../../core/task.ts";

const AT = epochMs(1_000_000);
const task = (more: Partial<Progress & Limits> = {}): Progress & Limits => ({
  state: "pending",
  callCount: 0,
  manualCalls: 0,
  nextCallAt: AT,
  finishedAt: null,
  lastError: null,
  limitCallCount: 4,
  retry: { strategy: "schedule", delaysMs: [10, 100], jitter: 0.5 },
  expiresAt: null,
  expect: null,
  ...more,
});
const after = (more: Partial<Progress & Limits>) => plannedCalls(task(more)).map((at) => at - AT);

test("the whole schedule, without jitter: none comes earlier", () => {
  assert.equal(after({}), [0, 10, 110, 210]);
});

test("what is on record has been called: the rest of the schedule", () => {
  assert.equal(after({ callCount: 2 }), [0, 100]);
  assert.equal(after({ callCount: 3 }), [0]);
});

test("calls by hand take none of the schedule's; one that was asked for comes when that is used up too", () => {
  assert.equal(after({ callCount: 1, manualCalls: 1 }), [0, 10, 110, 210]);
  assert.equal(after({ callCount: 4, manualCalls: 1 }), [0]);
});

test("none behind the end of its time", () => {
  assert.equal(after({ expiresAt: epochMs(AT + 110) }), [0, 10]);
  assert.equal(after({ expiresAt: AT }), []);
});

test("none of one that has ended, or is held back", () => {
  for (const state of ["succeeded", "exhausted", "canceled", "resolved"] as const)
    assert.equal(after({ state, nextCallAt: null }), []);
  assert.equal(after({ nextCallAt: null }), []);
});

test("no more than there can be", () => {
  assert.is(after({ limitCallCount: 100, retry: { strategy: "fixed", delayMs: 0 } }).length, 100);
});

test.run();
