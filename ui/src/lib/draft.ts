/** The form of a new task. Fields hold text as it was typed. */
import { membersOf } from "../../../core/json/look.ts";
import { formatJson } from "../../../core/json/pretty.ts";
import type { Method, Retry, Task } from "../api/types.ts";
import { retryOnText, stopText } from "./failure-words.ts";
import { objectOf } from "./json-object.ts";
import { toLocalField } from "./local-field.ts";

export const PAYLOADS = ["param", "body", "base64", "none"] as const;

export interface Draft {
  url: string;
  requestMethod: Method;
  payload: (typeof PAYLOADS)[number];
  requestParam: string;
  body: string;
  bodyBase64: string;
  contentType: string;
  /** One `name: value` a line. */
  headers: string;
  expectResult: string;
  /** Without its `stop`, which has a field of its own. */
  expect: string;
  /** Separated by commas. Empty: not given; `none`: an empty list. */
  expectStop: string;
  limitCallCount: string;
  strategy: "default" | Retry["strategy"];
  delayMs: string;
  factor: string;
  maxDelayMs: string;
  delaysMs: string;
  jitter: string;
  /** Separated by commas. Empty: not given; `none`: an empty list. */
  retryOn: string;
  timeoutMs: string;
  start: "now" | "delay" | "at";
  startDelayMs: string;
  callAt: string;
  expiresAt: string;
  sourceAppName: string;
  targetAppName: string;
  orderKey: string;
}

export const EMPTY: Draft = {
  url: "",
  requestMethod: "POST",
  payload: "param",
  requestParam: "{\n  \n}",
  body: "",
  bodyBase64: "",
  contentType: "",
  headers: "",
  expectResult: "",
  expect: "",
  expectStop: "",
  limitCallCount: "10",
  strategy: "default",
  delayMs: "60000",
  factor: "2",
  maxDelayMs: "3600000",
  delaysMs: "5000, 30000, 120000",
  jitter: "",
  retryOn: "",
  timeoutMs: "",
  start: "now",
  startDelayMs: "",
  callAt: "",
  expiresAt: "",
  sourceAppName: "",
  targetAppName: "",
  orderKey: "",
};

/** Its pauses; the usual ones where its row cannot be read. */
function retryOf({ retry }: Task): Partial<Draft> {
  if (retry === null) return {};
  return {
    strategy: retry.strategy,
    delayMs: retry.strategy === "schedule" ? EMPTY.delayMs : String(retry.delayMs),
    factor: retry.strategy === "exponential" ? String(retry.factor) : EMPTY.factor,
    maxDelayMs: retry.strategy === "exponential" ? String(retry.maxDelayMs) : EMPTY.maxDelayMs,
    delaysMs: retry.strategy === "schedule" ? retry.delaysMs.join(", ") : EMPTY.delaysMs,
    jitter: retry.jitter === undefined ? "" : String(retry.jitter),
    retryOn: retryOnText(retry.on),
  };
}

/** The form with what another task has. */
export function draftOf(task: Task): Draft {
  const expect = task.expect === null ? new Map() : membersOf(task.expect);
  const stop = expect.get("stop");
  expect.delete("stop");
  return {
    ...EMPTY,
    url: task.url,
    requestMethod: task.requestMethod,
    payload: payloadOf(task),
    requestParam: task.requestParam === null ? EMPTY.requestParam : formatJson(task.requestParam),
    body: task.body ?? "",
    bodyBase64: task.bodyBase64 ?? "",
    contentType: task.contentType ?? "",
    headers: Object.entries(task.headers ?? {})
      .map(([name, value]) => `${name}: ${value}`)
      .join("\n"),
    expectResult: task.expectResult ?? "",
    expect: expect.size === 0 ? "" : formatJson(objectOf(expect)),
    expectStop: stopText(stop),
    limitCallCount: String(task.limitCallCount),
    ...retryOf(task),
    timeoutMs: String(task.timeoutMs),
    expiresAt: task.expiresAt && Date.parse(task.expiresAt) > Date.now() ? toLocalField(task.expiresAt) : "",
    sourceAppName: task.sourceAppName ?? "",
    targetAppName: task.targetAppName ?? "",
    orderKey: task.orderKey ?? "",
  };
}

function payloadOf({ requestParam, body, bodyBase64 }: Task): Draft["payload"] {
  if (body !== null) return "body";
  if (bodyBase64 !== null) return "base64";
  return requestParam === null ? "none" : "param";
}
