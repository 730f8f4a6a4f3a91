import { suite } from "uvu";
import * as assert from "uvu/assert";
import { type EpochMs, epochMs, ManualClock, millis } from "../../core/clock.ts";
import { BidaError } from "../../core/errors.ts";
import type { AttemptRecord } from "../../core/outcome.ts";
import {
  afterAttempt,
  afterExpiry,
  cancel,
  type Limits,
  MAX_MANUAL_CALLS,
  type Progress,
  resolve,
  retryByHand,
  STORED_STATES,
  type StoredState,
} from "../../core/task.ts";

const test = suite("task");
const NOW = epochMs(1_700_000_000_000);
const clock = new ManualClock(NOW);
const at = (ms: number) => epochMs(NOW + ms);

type Task = Progress & Limits;

const FAILURE = { code: "bad_status", message: "status 500, expected 2xx" } as const;

/** A task in `state` after one call, of three allowed. */
function task(state: StoredState, more: Partial<Task> = {}): Task {
  const ended = state !== "pending";
  return {
    state,
    callCount: 1,
    manualCalls: 0,
    nextCallAt: ended ? null : at(0),
    finishedAt: ended ? at(-500) : null,
    lastError: state === "succeeded" ? null : FAILURE,
    limitCallCount: 3,
    retry: { strategy: "schedule", delaysMs: [100, 200, 300, 400] },
    expiresAt: null,
    expect: null,
    ...more,
  };
}

function attempt(outcome: "succeeded" | "failed", more: Partial<AttemptRecord> = {}): AttemptRecord {
  return {
    n: 2,
    startedAt: at(-10),
    durationMs: millis(10),
    outcome,
    statusCode: outcome === "succeeded" ? 200 : 500,
    error: outcome === "succeeded" ? null : FAILURE,
    responseHeaders: {},
    responseBody: "",
    responseEncoding: "text",
    responseTruncated: false,
    node: "n1",
    retryAfterMs: null,
    ...more,
  };
}

const progress = ({ state, callCount, manualCalls, nextCallAt, finishedAt, lastError }: Progress) => ({
  ...{ state, callCount, manualCalls, nextCallAt, finishedAt, lastError },
});

/** Every event, and what it makes of a task in each state; null: refused with state_conflict. */
const EVENTS: Record<
  string,
  [apply: (t: Task) => Progress, becomes: Record<StoredState, StoredState | null>]
> = {
  success: [(t) => afterAttempt(t, attempt("succeeded"), at(0), clock, 0), stays({ pending: "succeeded" })],
  failure: [(t) => afterAttempt(t, attempt("failed"), at(0), clock, 0), stays({})],
  "last failure": [
    (t) => afterAttempt({ ...t, limitCallCount: 2 }, attempt("failed"), at(0), clock, 0),
    stays({ pending: "exhausted" }),
  ],
  "failure too late for another call": [
    (t) => afterAttempt({ ...t, expiresAt: at(150) }, attempt("failed"), at(0), clock, 0),
    stays({ pending: "exhausted" }),
  ],
  expiry: [(t) => afterExpiry(t, at(0)), stays({ pending: "exhausted" })],
  "retry by hand": [
    (t) => retryByHand(t, false, false, clock),
    { pending: "pending", succeeded: null, exhausted: "pending", canceled: "pending", resolved: "pending" },
  ],
  "retry by hand, forced": [(t) => retryByHand(t, false, true, clock), all("pending")],
  "retry by hand during a call": [(t) => retryByHand(t, true, true, clock), all(null)],
  cancel: [(t) => cancel(t, at(0)), { ...all(null), pending: "canceled" }],
  resolve: [(t) => resolve(t, at(0)), { ...all(null), exhausted: "resolved" }],
};

function all(becomes: StoredState | null): Record<StoredState, StoredState | null> {
  return {
    pending: becomes,
    succeeded: becomes,
    exhausted: becomes,
    canceled: becomes,
    resolved: becomes,
  };
}
function stays(but: Partial<Record<StoredState, StoredState>>): Record<StoredState, StoredState> {
  return Object.fromEntries(STORED_STATES.map((state) => [state, but[state] ?? state])) as Record<
    StoredState,
    StoredState
  >;
}

for (const [event, [apply, becomes]] of Object.entries(EVENTS)) {
  for (const state of STORED_STATES) {
    const wanted = becomes[state];
    test(`${state} + ${event} → ${wanted ?? "refused"}`, () => {
      const before = task(state);
      const frozen = structuredClone(before);
      if (wanted === null) {
        assert.throws(
          () => apply(before),
          (error: unknown) =>
            error instanceof BidaError &&
            error.code === "state_conflict" &&
            error.errors[0]?.field === "state",
        );
      } else {
        const after = apply(before);
        assert.is(after.state, wanted);
        assert.is(after.nextCallAt === null, wanted !== "pending");
        assert.is(after.finishedAt === null, wanted === "pending");
        // What had ended before ended then, not now.
        if (wanted === state && state !== "pending") assert.is(after.finishedAt, before.finishedAt);
        if (event.includes("success") || event.includes("failure")) assert.is(after.callCount, 2);
        else assert.is(after.callCount, 1);
      }
      assert.equal(before, frozen, "the task given in is not changed");
    });
  }
}

test("retry by hand: a thousand times, and then no more; one that is due already uses up none", () => {
  const worn = { ...task("exhausted"), manualCalls: MAX_MANUAL_CALLS };
  const last = retryByHand({ ...worn, manualCalls: MAX_MANUAL_CALLS - 1 }, false, false, clock);
  assert.is(last.manualCalls, MAX_MANUAL_CALLS);
  assert.throws(
    () => retryByHand(worn, false, true, clock),
    (error: unknown) =>
      error instanceof BidaError && error.code === "limit_reached" && error.message.includes("1000"),
  );
  const due = { ...worn, state: "pending" as const, nextCallAt: clock.now(), finishedAt: null };
  assert.is(retryByHand(due, false, false, clock).manualCalls, MAX_MANUAL_CALLS);
});

test("success: the error is gone, the end is now", () => {
  assert.equal(progress(afterAttempt(task("pending"), attempt("succeeded"), at(0), clock, 0)), {
    state: "succeeded",
    callCount: 2,
    manualCalls: 0,
    nextCallAt: null,
    finishedAt: at(0),
    lastError: null,
  });
});

test("failure: the next call is due after the pause of its number", () => {
  const after = (callCount: number) =>
    afterAttempt(task("pending", { callCount, limitCallCount: 9 }), attempt("failed"), at(0), clock, 0)
      .nextCallAt;
  assert.equal([0, 1, 2, 3, 4].map(after), [100, 200, 300, 400, 400].map(at));
});

test("failure: Retry-After and jitter lengthen the pause", () => {
  const asked = attempt("failed", { retryAfterMs: millis(5000) });
  assert.is(afterAttempt(task("pending"), asked, at(0), clock, 0).nextCallAt, at(5000));
  const jittered = task("pending", { retry: { strategy: "fixed", delayMs: 100, jitter: 1 } });
  assert.is(afterAttempt(jittered, attempt("failed"), at(0), clock, 0.5).nextCallAt, at(150));
});

test("failure: the pause counts from the end of the call, also where it is recorded later", () => {
  const after = (endedBy: number) =>
    afterAttempt(task("pending"), attempt("failed"), at(endedBy), clock, 0).nextCallAt;
  assert.equal([-30, -500, 0].map(after), [170, -300, 200].map(at));
  assert.is(after(1_000), at(200), "an end that is still to come is not believed");
});

test("failure: the pause is at least as long as asked on a clock that is not exact", () => {
  const vague = { now: () => at(-3), after: (ms: number) => at(3 + ms) } as unknown as ManualClock;
  assert.is(afterAttempt(task("pending"), attempt("failed"), at(3), vague, 0).nextCallAt, at(203));
});

test("a task may be called as often as its limit says, then it is exhausted with its last error", () => {
  for (const limitCallCount of [1, 2, 100]) {
    let now: Task = task("pending", { callCount: 0, limitCallCount, lastError: null });
    let calls = 0;
    while (now.state === "pending") {
      now = { ...now, ...afterAttempt(now, attempt("failed"), at(0), clock, 0) };
      calls += 1;
    }
    assert.equal(
      [calls, now.callCount, now.state, now.lastError],
      [limitCallCount, calls, "exhausted", FAILURE],
    );
  }
});

const EXPIRIES: [expiresAt: number, state: StoredState][] = [
  [200, "exhausted"],
  [201, "pending"],
];
for (const [expiresAt, state] of EXPIRIES) {
  test(`next call at 200, expiry at ${expiresAt} → ${state}`, () => {
    const after = afterAttempt(
      task("pending", { expiresAt: at(expiresAt) }),
      attempt("failed"),
      at(0),
      clock,
      0,
    );
    assert.is(after.state, state);
    if (state === "exhausted") {
      assert.is(after.lastError?.code, "expired");
      assert.match(after.lastError?.message ?? "", "bad_status");
    }
  });
}

test("expiry: without and with an error before it; its message stays within the column", () => {
  const first = afterExpiry(task("pending", { callCount: 0, lastError: null }), at(0));
  assert.equal(first.lastError, { code: "expired", message: "no call may start any more" });
  assert.is(first.callCount, 0);
  const long = task("pending", { lastError: { code: "reset", message: "x".repeat(500) } });
  assert.is(afterExpiry(long, at(0)).lastError?.message.length, 500);
});

test("a call by hand does not use up the schedule, which goes on after it", () => {
  const waiting = task("pending", { nextCallAt: at(60_000) });
  const called = { ...waiting, ...retryByHand(waiting, false, false, clock) };
  assert.equal([called.nextCallAt, called.manualCalls], [at(0), 1]);
  const failed = afterAttempt(called, attempt("failed"), at(0), clock, 0);
  // One automatic failure so far: the pause after the first.
  assert.equal([failed.state, failed.callCount, failed.nextCallAt], ["pending", 2, at(100)]);
});

test("an exhausted task called by hand is exhausted again after that one call", () => {
  const over = task("exhausted", { callCount: 3 });
  const again = { ...over, ...retryByHand(over, false, false, clock) };
  assert.equal([again.state, again.nextCallAt, again.finishedAt], ["pending", at(0), null]);
  const failed = afterAttempt(again, attempt("failed"), at(0), clock, 0);
  assert.equal([failed.state, failed.callCount], ["exhausted", 4]);
});

test("a retry with the whole schedule: as many calls as at first, with its pauses; the numbers of calls go on", () => {
  const over = task("exhausted", { callCount: 4, manualCalls: 1 });
  let one: Task = { ...over, ...retryByHand(over, false, false, clock, "whole") };
  assert.equal([one.state, one.nextCallAt, one.callCount], ["pending", at(0), 4]);
  const seen: [state: StoredState, callCount: number, nextCallAt: EpochMs | null][] = [];
  while (one.state === "pending") {
    one = { ...one, ...afterAttempt(one, attempt("failed"), at(0), clock, 0) };
    seen.push([one.state, one.callCount, one.nextCallAt]);
  }
  assert.equal(seen, [
    ["pending", 5, at(100)],
    ["pending", 6, at(200)],
    ["exhausted", 7, null],
  ]);
});

test("a retry with the whole schedule: of an open task it begins anew, and twice is as once", () => {
  const waiting = task("pending", { callCount: 2, nextCallAt: at(60_000) });
  const once = { ...waiting, ...retryByHand(waiting, false, false, clock, "whole") };
  assert.equal([once.manualCalls, once.nextCallAt], [2, at(0)]);
  assert.equal({ ...once, ...retryByHand(once, false, false, clock, "whole") }, once);
  assert.throws(() => retryByHand(task("succeeded"), false, false, clock, "whole"), /has succeeded/);
});

test("a retry with the whole schedule: a thousand calls outside of the limit, and no more", () => {
  const worn = task("exhausted", { callCount: MAX_MANUAL_CALLS });
  const last = { ...worn, ...retryByHand(worn, false, false, clock, "whole") };
  assert.is(last.manualCalls, MAX_MANUAL_CALLS);
  const more = { ...last, state: "exhausted" as const, callCount: MAX_MANUAL_CALLS + 3 };
  for (const schedule of ["once", "whole"] as const)
    assert.throws(
      () => retryByHand(more, false, false, clock, schedule),
      (error: unknown) => error instanceof BidaError && error.code === "limit_reached",
      schedule,
    );
});

test("a call by hand where one is due anyway is that one", () => {
  const due = task("pending", { nextCallAt: at(-5) });
  const again = retryByHand(due, false, false, clock);
  assert.equal([again.manualCalls, again.nextCallAt], [0, at(-5)]);
});

const KEPT: [expiresAt: EpochMs | null, wanted: EpochMs | null][] = [
  [null, null],
  [at(-1), null],
  [at(0), null],
  [at(1), at(1)],
];
for (const [expiresAt, wanted] of KEPT) {
  test(`a call by hand: an expiry of ${expiresAt && expiresAt - NOW} becomes ${wanted && wanted - NOW}`, () => {
    assert.is(retryByHand(task("exhausted", { expiresAt }), false, false, clock).expiresAt, wanted);
  });
}

test.run();
