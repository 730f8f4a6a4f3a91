import { suite } from "uvu";
import * as assert from "uvu/assert";
import { epochMs, millis } from "../../core/clock.ts";
import { laneOf, newTaskId } from "../../core/ids.ts";
import { readJson } from "../../core/json/text.ts";
import type { AttemptRecord } from "../../core/outcome.ts";
import { STORED_STATES } from "../../core/task.ts";
import { type ExactTaskView, printTask } from "../../core/task-json.ts";
import { attemptView, taskEvent, taskView } from "../../services/tasks/views.ts";
import type { StoredTask } from "../../store/rows.ts";
import { json } from "../core/helpers.ts";

const test = suite("views");
const T = epochMs(Date.UTC(2026, 0, 1, 12, 0, 0, 7));
const ISO = "2026-01-01T12:00:00.007Z";

const task: StoredTask = {
  ...{ taskId: newTaskId(), appId: 3, lane: laneOf("http://a"), url: "http://a/", requestMethod: "PUT" },
  ...{
    requestParam: json({ a: 1.5 }),
    body: null,
    bodyBase64: null,
    contentType: null,
    headers: { x: "y" },
    expectResult: "ok",
  },
  ...{ expect: { status: "2xx" }, limitCallCount: 3, retry: { strategy: "fixed", delayMs: 1 } },
  ...{
    timeoutMs: millis(100),
    expiresAt: T,
    sourceAppName: "s",
    targetAppName: "t",
    orderKey: "k",
    profile: "kkbida",
    orderSeq: 1,
  },
  ...{
    state: "pending",
    callCount: 1,
    manualCalls: 1,
    nextCallAt: T,
    finishedAt: null,
    handedUntil: null,
    unsigned: false,
    sourceIp: "::1",
  },
  ...{ lastError: { code: "reset", message: "m" }, createdAt: T, updatedAt: T },
};

test("a task: the contract's fields, times in ISO 8601, nothing of our insides", () => {
  const { appId: _, lane: __, manualCalls: ___, orderSeq: ____, ...others } = task;
  const { handedUntil: _____, unsigned: ______, ...same } = others;
  const times = { nextCallAt: ISO, expiresAt: ISO, createdAt: ISO, updatedAt: ISO, finishedAt: null };
  const found = { calledUrl: null, businessKey: null };
  assert.equal(taskView(task, false, false), { ...same, ...times, ...found, requestParam: { a: 1.5 } });
  const keyed = taskView({ ...task, calledUrl: "https://a/1", businessKey: "A-1" }, false, false);
  assert.equal([keyed.calledUrl, keyed.businessKey], ["https://a/1", "A-1"]);
  assert.equal(taskView({ ...task, nextCallAt: null, finishedAt: T }, false, false).finishedAt, ISO);
});

test("a task for those who want it exact: its JSON is text", () => {
  const requestParam = readJson('{"id":7088992364139642881,"amount":1.50}');
  const exact = { ...task, requestParam, expect: { json: { "$.id": readJson("9007199254740993") } } };
  const view = taskView(exact, false, true) as unknown as ExactTaskView;
  assert.is(view.requestParam, '{"id":7088992364139642881,"amount":1.50}');
  assert.match(printTask(view), '"requestParam":{"id":7088992364139642881,"amount":1.50},');
  assert.match(printTask(view), '"expect":{"json":{"$.id":9007199254740993}},');
});

for (const state of STORED_STATES) {
  test(`${state}: delivering only while pending and leased`, () => {
    assert.is(taskView({ ...task, state }, false, false).state, state);
    assert.is(taskView({ ...task, state }, true, false).state, state === "pending" ? "delivering" : state);
  });
}

test("an attempt: its error in two fields", () => {
  const record: AttemptRecord = {
    ...{ n: 2, startedAt: T, durationMs: millis(5), outcome: "failed", statusCode: 500 },
    ...{ error: { code: "bad_status", message: "m" }, responseHeaders: { a: ["b"] }, responseBody: "x" },
    ...{ responseEncoding: "base64", responseTruncated: true, node: "n", retryAfterMs: millis(9) },
  };
  const { error: _, retryAfterMs: __, ...same } = record;
  const view = { ...same, startedAt: ISO, errorCode: "bad_status", errorMessage: "m" };
  // A dispatcher of an older version measures no phases.
  assert.equal(attemptView(record), { ...view, phases: null });
  const phases = { reused: true, dns: null, connect: null, tls: null, firstByte: 4, body: 1 };
  assert.equal(attemptView({ ...record, phases }), { ...view, phases });
  const fine = attemptView({ ...record, error: null });
  assert.equal([fine.errorCode, fine.errorMessage], [null, null]);
});

test("an event has no payload in it", () => {
  assert.equal(taskEvent(task), {
    ...{ taskId: task.taskId, state: "pending", callCount: 1, limitCallCount: 3, url: "http://a/" },
    ...{ sourceAppName: "s", targetAppName: "t", lastError: { code: "reset", message: "m" }, createdAt: ISO },
  });
});

test.run();
