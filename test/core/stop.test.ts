// Which failures end a task: the rule, the schema, and what becomes of the task.
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { epochMs, ManualClock, millis } from "../../core/clock.ts";
import type { Expectation } from "../../core/expect.ts";
import { ATTEMPT_ERRORS, type AttemptRecord, CALL_ERRORS, type CallError } from "../../core/outcome.ts";
import { parseTask } from "../../core/parse-task.ts";
import { LEGACY_RETRY, type RetryOn } from "../../core/retry.ts";
import { isRefusal, stopAfter } from "../../core/stop.ts";
import { afterAttempt } from "../../core/task.ts";
import { refusal, text } from "./helpers.ts";

const test = suite("stop");

const failed = (statusCode: number | null, code: CallError["code"] = "bad_status") => ({
  statusCode,
  error: { code, message: "so it was" },
});

/** null: the schedule goes on; otherwise how the message begins. */
const RULES: [Expectation | null, RetryOn[] | undefined, ReturnType<typeof failed>, string | null][] = [
  [null, undefined, failed(500), null],
  [null, undefined, failed(410), "status 410 is in expect.stop; last: bad_status, so it was"],
  [{ contains: "x" }, undefined, failed(410), "status 410"],
  [{ status: "4xx" }, undefined, failed(410, "unexpected_result"), null],
  [{ status: [200, 410] }, undefined, failed(410, "unexpected_result"), null],
  [{ status: [200] }, undefined, failed(410), "status 410"],
  [{ stop: [] }, undefined, failed(410), null],
  [{ stop: [404] }, undefined, failed(410), null],
  [{ stop: [404, 422] }, undefined, failed(422), "status 422"],
  [{ stop: "4xx" }, undefined, failed(499), "status 499"],
  [{ stop: "4xx" }, undefined, failed(500), null],
  [{ stop: "4xx" }, undefined, failed(null, "timeout"), null],
  [{ stop: [410] }, undefined, failed(410, "crashed"), null],
  [{ stop: [404] }, undefined, failed(404, "reset"), "status 404 is in expect.stop; last: reset, so it was"],

  [null, [], failed(500), "status 500 (bad_status) is not in retry.on; last: bad_status, so it was"],
  [null, [], failed(null, "dns"), "dns is not in retry.on; last: dns, so it was"],
  [null, [], failed(null, "crashed"), null],
  [null, [503], failed(503), null],
  [null, [503], failed(500), "status 500 (bad_status)"],
  [null, ["5xx"], failed(599), null],
  [null, ["5xx"], failed(404), "status 404"],
  [null, ["5xx"], failed(null, "timeout"), "timeout is not in retry.on"],
  [null, ["5xx", "timeout"], failed(null, "timeout"), null],
  [null, ["bad_status"], failed(404), null],
  [null, ["bad_status"], failed(200, "unexpected_result"), "status 200 (unexpected_result)"],
  [null, ["2xx"], failed(200, "unexpected_result"), null],
  [null, ["4xx"], failed(410), "status 410 is in expect.stop"],
  [{ stop: [] }, ["4xx"], failed(410), null],
];
for (const [expect, on, attempt, begins] of RULES) {
  const given = [expect && JSON.stringify(expect), on && `on ${on}`].filter(Boolean).join(" ") || "nothing";
  test(`${given}: ${attempt.statusCode} ${attempt.error.code} → ${begins ?? "again"}`, () => {
    const stop = stopAfter(attempt, expect, { on });
    assert.is(stop?.code, begins === null ? undefined : "stopped");
    if (begins !== null) assert.ok(stop?.message.startsWith(begins), stop?.message);
  });
}

test("the message stays within the column", () => {
  const attempt = { statusCode: 410, error: { code: "bad_status", message: "x".repeat(600) } as const };
  assert.is(stopAfter(attempt, null, {})?.message.length, 500);
});

const NOW = epochMs(1_700_000_000_000);
const clock = new ManualClock(NOW);
const task = { limitCallCount: 5, retry: LEGACY_RETRY, expiresAt: null, expect: null };
const pending = { callCount: 0, manualCalls: 0, nextCallAt: NOW, finishedAt: null, lastError: null };
const attempt = (more: Partial<AttemptRecord>): AttemptRecord => ({
  ...{ n: 1, startedAt: NOW, durationMs: millis(1), outcome: "failed", node: "n1", retryAfterMs: null },
  ...{ responseHeaders: null, responseBody: null, responseEncoding: "text", responseTruncated: false },
  ...failed(410),
  ...more,
});
const GONE = "status 410 is in expect.stop; last: bad_status, so it was";

test("a task that is stopped is exhausted now; the attempt keeps its own code", () => {
  const call = attempt({});
  const after = afterAttempt({ ...task, ...pending, state: "pending" }, call, NOW, clock, 0);
  assert.equal(after, {
    ...{ state: "exhausted", callCount: 1, manualCalls: 0, nextCallAt: null, finishedAt: NOW },
    lastError: { code: "stopped", message: GONE },
  });
  assert.is(call.error?.code, "bad_status");
});

test("so is one whose last call it was, and one that was called by hand", () => {
  for (const more of [{ limitCallCount: 1 }, { callCount: 5, manualCalls: 1 }]) {
    const after = afterAttempt(
      { ...task, ...pending, state: "pending", ...more },
      attempt({}),
      NOW,
      clock,
      0,
    );
    assert.equal([after.state, after.lastError?.message], ["exhausted", GONE]);
  }
});

test("success is success whatever the rules say; a canceled task stays canceled", () => {
  const retry = { ...LEGACY_RETRY, on: [] };
  const good = attempt({ outcome: "succeeded", error: null, statusCode: 410 });
  const open = { ...task, ...pending, retry, state: "pending" as const };
  assert.is(afterAttempt(open, good, NOW, clock, 0).state, "succeeded");
  const after = afterAttempt({ ...open, state: "canceled" }, attempt({}), NOW, clock, 0);
  assert.equal([after.state, after.lastError], ["canceled", null]);
});

const parsed = (more: Record<string, unknown>) =>
  parseTask(text({ url: "http://a.example/", requestMethod: "POST", limitCallCount: 3, ...more }), NOW).spec;
const fixed = (on: unknown) => ({ retry: { strategy: "fixed", delayMs: 5, on } });

test("what was given is kept, and nothing where nothing was given", () => {
  assert.is(parsed({}).expect, null);
  assert.is(parsed({}).retry.on, undefined);
  assert.equal(parsed({ expect: { status: [200] } }).expect, { status: [200] });
  for (const stop of [[], [404, 410], "4xx", "5xx"])
    assert.equal(parsed({ expect: { stop } }).expect, { stop });
  const on = [503, "5xx", "timeout", "crashed"];
  assert.equal(parsed(fixed(on)).retry.on, on);
  const other = [
    { strategy: "exponential", delayMs: 5, factor: 2, maxDelayMs: 9, on },
    { strategy: "schedule", delaysMs: [5], on: [] },
  ];
  for (const retry of other) assert.equal(parsed({ retry }).retry, retry);
});

test("retry.on takes every code that a call can have", () => {
  assert.equal(parsed(fixed([...ATTEMPT_ERRORS])).retry.on, [...ATTEMPT_ERRORS]);
  const others = Object.keys(CALL_ERRORS).filter((code) => !(ATTEMPT_ERRORS as string[]).includes(code));
  assert.equal(others, ["expired", "stopped", "corrupt"]);
});

const REFUSED: [Record<string, unknown>, field: string, message: RegExp][] = [
  [{ expect: { stop: "6xx" } }, "expect.stop", /list of codes/],
  [{ expect: { stop: 410 } }, "expect.stop", /list of codes/],
  [{ expect: { stop: [99] } }, "expect.stop.0", /100 to 599/],
  [{ expect: { stop: Array(51).fill(404) } }, "expect.stop", /./],
  [{ expect: { status: [200, 404], stop: [404] } }, "expect.stop", /404/],
  [{ expect: { status: [404], stop: "4xx" } }, "expect.stop", /404/],
  [{ expect: { status: "4xx", stop: [429] } }, "expect.stop", /429/],
  [{ expect: { stop: [204] } }, "expect.stop", /204/],
  [fixed("5xx"), "retry.on", /array/],
  [fixed(Array(51).fill(500)), "retry.on", /at most 50/],
  [fixed([99]), "retry.on.0", /must be 100 to 599/],
  [fixed([500, 600]), "retry.on.1", /must be 100 to 599/],
  [fixed(["6xx"]), "retry.on.0", /does not know "6xx":/],
  [fixed(["503"]), "retry.on.0", /does not know "503":/],
  [fixed(["timeouts"]), "retry.on.0", /does not know "timeouts":/],
  [fixed(["expired"]), "retry.on.0", /does not know "expired":/],
  [fixed([null]), "retry.on.0", /does not know null:/],
];
for (const [more, field, message] of REFUSED) {
  test(`refused: ${JSON.stringify(more).slice(0, 80)}`, async () => {
    const error = await refusal(() => parsed(more));
    assert.is(error.code, "invalid_task");
    assert.equal(
      error.errors.map((one) => one.field),
      [field],
    );
    assert.match(error.errors[0]?.message ?? "", message);
  });
}

const WECOM = { refusals: { members: ["errcode"], codes: [40058] } };
const unproved = { code: "unexpected_result", message: "no errcode 0" } as const;
const REFUSALS: [what: string, body: string | null, ends: boolean][] = [
  ["a code of the list", '{"errcode":40058,"errmsg":"markdown.content exceed max length 4096"}', true],
  ["another code", '{"errcode":45009,"errmsg":"api freq out of limit"}', false],
  ["the code in a text", '{"errcode":"40058"}', false],
  ["no JSON", "<html>40058</html>", false],
  ["half a JSON", '{"errcode":40058', false],
  ["no body", null, false],
];
for (const [what, responseBody, ends] of REFUSALS)
  test(`a platform that refuses what a message says ends it: ${what}: ${ends}`, () => {
    const attempt = { statusCode: 200, error: unproved, responseBody };
    const stop = stopAfter(attempt, WECOM, {});
    assert.is(stop !== null && isRefusal(stop), ends);
    // No rule of a caller's own task reads bodies.
    assert.is(stopAfter(attempt, {}, {}), null);
  });

test("a status that ends a message is a refusal, one that says that the robot is gone is not", () => {
  const error = { code: "bad_status", message: "x" } as const;
  const stop = (statusCode: number) => stopAfter({ statusCode, error }, { stop: [410, 413] }, {});
  const [tooLong, gone] = [stop(413), stop(410)];
  assert.equal([tooLong && isRefusal(tooLong), gone && isRefusal(gone)], [true, false]);
});

test.run();
