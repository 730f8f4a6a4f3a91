/** The form of a new task, and the request it makes. Fields hold text as it was typed. */
import type { Expectation, Method, Retry, Task, TaskRequest } from "../api/types.ts";
import { fromLocalField, toLocalField } from "./format.ts";

export interface Draft {
  url: string;
  requestMethod: Method;
  payload: "param" | "body" | "none";
  requestParam: string;
  body: string;
  contentType: string;
  /** One `name: value` a line. */
  headers: string;
  expectResult: string;
  expect: string;
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
  contentType: "",
  headers: "",
  expectResult: "",
  expect: "",
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

/** The form with what another task has. */
export function draftOf(task: Task): Draft {
  const { retry } = task;
  return {
    ...EMPTY,
    url: task.url,
    requestMethod: task.requestMethod,
    payload: task.body !== null ? "body" : task.requestParam !== null ? "param" : "none",
    requestParam:
      task.requestParam === null ? EMPTY.requestParam : JSON.stringify(task.requestParam, null, 2),
    body: task.body ?? "",
    contentType: task.contentType ?? "",
    headers: Object.entries(task.headers ?? {})
      .map(([name, value]) => `${name}: ${value}`)
      .join("\n"),
    expectResult: task.expectResult ?? "",
    expect: task.expect === null ? "" : JSON.stringify(task.expect, null, 2),
    limitCallCount: String(task.limitCallCount),
    strategy: retry.strategy,
    delayMs: retry.strategy === "schedule" ? EMPTY.delayMs : String(retry.delayMs),
    factor: retry.strategy === "exponential" ? String(retry.factor) : EMPTY.factor,
    maxDelayMs: retry.strategy === "exponential" ? String(retry.maxDelayMs) : EMPTY.maxDelayMs,
    delaysMs: retry.strategy === "schedule" ? retry.delaysMs.join(", ") : EMPTY.delaysMs,
    jitter: retry.jitter === undefined ? "" : String(retry.jitter),
    retryOn: retry.on === undefined ? "" : retry.on.join(", ") || NONE,
    timeoutMs: String(task.timeoutMs),
    expiresAt: task.expiresAt && Date.parse(task.expiresAt) > Date.now() ? toLocalField(task.expiresAt) : "",
    sourceAppName: task.sourceAppName ?? "",
    targetAppName: task.targetAppName ?? "",
    orderKey: task.orderKey ?? "",
  };
}

export type Mistake = { field: string; code: "json" | "object" | "number" | "header" };

/** The request of a form, and what cannot be read in it: only what is not even well-formed; rules are the server's. */
export function requestOf(draft: Draft): { request: TaskRequest; mistakes: Mistake[] } {
  const mistakes: Mistake[] = [];
  const number = (field: string, text: string): number | undefined => {
    if (text.trim() === "") return undefined;
    const value = Number(text);
    if (Number.isFinite(value)) return value;
    mistakes.push({ field, code: "number" });
    return undefined;
  };
  const object = (field: string, text: string): Record<string, unknown> | undefined => {
    if (text.trim() === "") return undefined;
    try {
      const value: unknown = JSON.parse(text);
      if (typeof value === "object" && value !== null && !Array.isArray(value))
        return value as Record<string, unknown>;
      mistakes.push({ field, code: "object" });
    } catch {
      mistakes.push({ field, code: "json" });
    }
    return undefined;
  };
  const request: Partial<TaskRequest> & Record<string, unknown> = {
    url: draft.url.trim(),
    requestMethod: draft.requestMethod,
    limitCallCount: number("limitCallCount", draft.limitCallCount) ?? 1,
  };
  const set = (name: keyof TaskRequest, value: unknown) => {
    if (value !== undefined && value !== null && value !== "") request[name] = value as never;
  };
  if (draft.payload === "param") set("requestParam", object("requestParam", draft.requestParam));
  if (draft.payload === "body") {
    set("body", draft.body);
    set("contentType", draft.contentType.trim());
  }
  set("headers", headersOf(draft.headers, mistakes));
  set("expectResult", draft.expectResult);
  set("expect", object("expect", draft.expect) as Expectation | undefined);
  set("retry", retryOf(draft, number));
  set("timeoutMs", number("timeoutMs", draft.timeoutMs));
  if (draft.start === "delay") set("delayMs", number("delayMs", draft.startDelayMs));
  if (draft.start === "at") set("callAt", fromLocalField(draft.callAt));
  set("expiresAt", fromLocalField(draft.expiresAt));
  for (const name of ["sourceAppName", "targetAppName", "orderKey"] as const) set(name, draft[name].trim());
  return { request: request as TaskRequest, mistakes };
}

function headersOf(text: string, mistakes: Mistake[]): Record<string, string> | undefined {
  const lines = text.split("\n").filter((line) => line.trim());
  if (lines.length === 0) return undefined;
  const headers: Record<string, string> = {};
  for (const line of lines) {
    const colon = line.indexOf(":");
    if (colon < 1) mistakes.push({ field: "headers", code: "header" });
    else headers[line.slice(0, colon).trim()] = line.slice(colon + 1).trim();
  }
  return headers;
}

function retryOf(
  draft: Draft,
  number: (field: string, text: string) => number | undefined,
): Retry | undefined {
  const jitter = number("retry.jitter", draft.jitter);
  const on = retryOnOf(draft.retryOn);
  const more = { ...(jitter !== undefined && { jitter }), ...(on && { on }) };
  const delayMs = () => number("retry.delayMs", draft.delayMs) ?? 0;
  switch (draft.strategy) {
    case "default":
      return undefined;
    case "fixed":
      return { strategy: "fixed", delayMs: delayMs(), ...more };
    case "exponential":
      return {
        strategy: "exponential",
        delayMs: delayMs(),
        factor: number("retry.factor", draft.factor) ?? 2,
        maxDelayMs: number("retry.maxDelayMs", draft.maxDelayMs) ?? 0,
        ...more,
      };
    case "schedule": {
      const delays = draft.delaysMs.split(/[\s,]+/).filter(Boolean);
      return {
        strategy: "schedule",
        delaysMs: delays.map((one) => number("retry.delaysMs", one) ?? 0),
        ...more,
      };
    }
  }
}

const NONE = "none";

/** Words that the server does not know are its to refuse. */
function retryOnOf(text: string): Retry["on"] {
  const words = text.split(/[\s,，、]+/).filter(Boolean);
  if (words.length === 0) return undefined;
  if (words.length === 1 && words[0] === NONE) return [];
  return words.map((word) => (/^\d+$/.test(word) ? Number(word) : word)) as Retry["on"];
}

/**
 * The changes of a copy: a field of the original that the form has no more is taken away, which `null` says. What is
 * missing would stay as it is.
 */
export function changesOf(original: Task, request: TaskRequest): Partial<TaskRequest> {
  const gone = OPTIONAL.filter((name) => original[name] !== null && request[name] === undefined);
  return { ...request, ...Object.fromEntries(gone.map((name) => [name, null])) };
}

const OPTIONAL = [
  "requestParam",
  "body",
  "contentType",
  "headers",
  "expectResult",
  "expect",
  "retry",
  "timeoutMs",
  "expiresAt",
  "sourceAppName",
  "targetAppName",
  "orderKey",
] as const;
