/** The diagram of a task's states is what the rules make of it: each rule is applied to each state. */
import { readFileSync } from "node:fs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { type EpochMs, epochMs, millis } from "../../core/clock.ts";
import { BidaError } from "../../core/errors.ts";
import type { AttemptRecord } from "../../core/outcome.ts";
import {
  afterAttempt,
  afterExpiry,
  cancel,
  type Limits,
  type Progress,
  resolve,
  retryByHand,
  STATES,
  STORED_STATES,
  type StoredState,
} from "../../core/task.ts";

const test = suite("states of a task");
const DIAGRAM = readFileSync(new URL("../../core/task-states.md", import.meta.url), "utf8");
const NOW = epochMs(1_000_000);
const clock = { now: () => NOW, after: (delay: number) => (NOW + delay) as EpochMs } as Parameters<
  typeof retryByHand
>[3];

const task = (state: StoredState, limitCallCount = 3): Progress & Limits => ({
  state,
  callCount: 0,
  manualCalls: 0,
  nextCallAt: state === "pending" ? NOW : null,
  finishedAt: null,
  lastError: null,
  limitCallCount,
  retry: { strategy: "fixed", delayMs: millis(1_000) },
  expiresAt: null,
  expect: null,
});
const attempt = (outcome: "succeeded" | "failed") =>
  ({
    outcome,
    statusCode: outcome === "succeeded" ? 200 : 500,
    error: outcome === "succeeded" ? null : { code: "bad_status", message: "500" },
    retryAfterMs: null,
  }) as unknown as AttemptRecord;
const recorded = (state: StoredState, outcome: "succeeded" | "failed", limit = 3) =>
  afterAttempt(task(state, limit), attempt(outcome), NOW, clock, 0).state;

/** What each event makes of a task; `called`: a dispatcher has its lease. */
const RULES: Record<string, (state: StoredState, called: boolean) => StoredState> = {
  success: (state, called) => (called ? recorded(state, "succeeded") : state),
  "failure, retry later": (state, called) => (called ? recorded(state, "failed") : state),
  "last failure": (state, called) => (called ? recorded(state, "failed", 1) : state),
  expired: (state, called) => (called ? state : afterExpiry(task(state), NOW).state),
  cancel: (state) => cancel(task(state), NOW).state,
  resolve: (state) => resolve(task(state), NOW).state,
  "retry by hand": (state, called) => retryByHand(task(state), called, false, clock).state,
  "retry by hand with force": (state, called) => retryByHand(task(state), called, true, clock).state,
};

function transitions(): string[] {
  // Accepting and claiming belong to no rule: the first makes the row, the second a lease.
  const found = ["[*] --> pending: accepted", "pending --> delivering: claimed"];
  const force = "retry by hand with force";
  for (const state of STORED_STATES)
    for (const called of state === "pending" ? [false, true] : [false])
      for (const [event, rule] of Object.entries(RULES)) {
        const from = called ? "delivering" : state;
        let to: StoredState;
        try {
          to = rule(state, called);
        } catch (error) {
          if (!(error instanceof BidaError)) throw error;
          continue;
        }
        // Back to waiting is no change, except out of a call.
        if (to === state && !(called && event === "failure, retry later")) continue;
        if (event === force && found.includes(`${from} --> ${to}: retry by hand`)) continue;
        found.push(`${from} --> ${to}: ${event}`);
      }
  return found;
}

test("the diagram shows all transitions, and no others", () => {
  const drawn = Array.from(DIAGRAM.matchAll(/^ +(\S+ --> \w+: .+)$/gm), ([, line = ""]) => line);
  assert.equal(drawn.toSorted(), transitions().toSorted());
  for (const state of STATES)
    assert.ok(
      drawn.some((line) => line.includes(`> ${state}:`)),
      state,
    );
});

test.run();
