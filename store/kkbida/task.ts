/** From a task of kkbida and its logs to a task of Bida and its attempts. Pure: the same rows give the same result. */
import { type EpochMs, epochMs, later, type Millis, millis, minutes } from "../../core/clock.ts";
import { cutToBytes } from "../../core/cut-text.ts";
import { laneOf, parseTaskId } from "../../core/ids.ts";
import type { JsonText } from "../../core/json/text.ts";
import { appName } from "../../core/legacy.ts";
import type { AttemptRecord, CallError } from "../../core/outcome.ts";
import { MAX_BODY_BYTES } from "../../core/payload.ts";
import { LEGACY_RETRY } from "../../core/retry.ts";
import { checkUrl, MAX_URL } from "../../core/target-url.ts";
import type { Progress } from "../../core/task.ts";
import { renderRequest } from "../../core/template.ts";
import type { StoredTask } from "../rows.ts";
import type { SourceLog, SourceTask } from "./rows.ts";
import { readCount, readFailure, readFlag, readParam, readTime } from "./values.ts";

/** Of an answer's text, in bytes; as the dispatchers keep it. */
const MAX_RESPONSE = 65_535;
/** kkbida cuts longer texts to so many characters. */
const KKBIDA_MAX_RESPONSE = 65_535;
const MAX_EXPECT = 512;
const MAX_SOURCE_IP = 45;
/** No status ends a task early: kkbida calls until the limit. */
const LEGACY_EXPECT = { status: [200], stop: [] };
/** Who made the call, in the record of it. */
const NODE = "kkbida";

export interface MappedTask {
  task: StoredTask;
  /** Of its target. */
  origin: string;
  /** Numbered from 1 in the order of the logs. */
  attempts: AttemptRecord[];
  /** Why it is not called any more although kkbida would have; null where that does not apply. */
  uncallable: string | null;
}

/**
 * @param logs its logs, oldest first
 * @param zone how far kkbida's wall clock is ahead of UTC
 * @returns why the task cannot be kept, as a string, where that is so
 */
export function mapTask(row: SourceTask, logs: SourceLog[], zone: Millis): MappedTask | string {
  const taskId = parseTaskId(row.taskId);
  if (taskId === null) return "taskId is not a UUID";
  const requestMethod = String(row.requestMethod ?? "").toUpperCase();
  if (requestMethod !== "GET" && requestMethod !== "POST") return "requestMethod is neither GET nor POST";
  const url = String(row.url ?? "");
  const paramText = textOrNull(row.requestParamTxt);
  if (Buffer.byteLength(paramText ?? "") > MAX_BODY_BYTES) return "requestParamTxt has more than 1 MiB";
  const param = paramOf(paramText);
  const request = requestOf(url, requestMethod, typeof param === "string" ? null : param.json);
  const origin = originOf(request);
  if (origin === null) return "url is not a valid http or https URL of at most 2048 characters";
  const limitCallCount = readCount(row.limitCallCount);
  if (limitCallCount === null) return "limitCallCount is not a number";

  const times = timesOf(row, logs, zone);
  const attempts = attemptsOf(logs, times.createdAt, zone);
  const calls = countsOf(row, limitCallCount, attempts.length);
  const uncallable = typeof param === "string" ? param : urlProblem(url, param.json);
  const progress = progressOf(row, calls, limitCallCount, times, attempts, uncallable);
  return {
    task: {
      taskId,
      appId: 0,
      lane: laneOf(origin),
      ...request,
      ...expectationOf(textOrNull(row.expectResult)),
      limitCallCount,
      retry: LEGACY_RETRY,
      timeoutMs: millis(10_000),
      expiresAt: null,
      sourceAppName: appName(row.sourceAppName),
      targetAppName: appName(row.targetAppName),
      orderKey: null,
      orderSeq: null,
      handedUntil: null,
      unsigned: false,
      sourceIp: textOrNull(row.sourceIp)?.slice(0, MAX_SOURCE_IP) ?? null,
      createdAt: times.createdAt,
      updatedAt: times.updatedAt,
      ...progress,
    },
    origin,
    attempts,
    uncallable: progress.lastError?.code === "bad_request" ? uncallable : null,
  };
}

/** In flight: not succeeded, and calls left. */
export const isInFlight = (row: Pick<SourceTask, "isSuccess" | "callCount" | "limitCallCount">): boolean =>
  !readFlag(row.isSuccess) && (readCount(row.callCount) ?? 0) < (readCount(row.limitCallCount) ?? 0);

type Request = Pick<
  StoredTask,
  "url" | "requestMethod" | "requestParam" | "body" | "bodyBase64" | "contentType" | "headers"
>;

/** @returns what is wrong with it, as a string */
function paramOf(text: string | null): { json: JsonText | null } | string {
  try {
    return { json: readParam(text) };
  } catch (error) {
    return (error as Error).message;
  }
}

function requestOf(url: string, requestMethod: "GET" | "POST", requestParam: JsonText | null): Request {
  // Without parameters kkbida sent a request without a body.
  const body = requestParam === null && requestMethod === "POST" ? "" : null;
  return { url, requestMethod, requestParam, body, bodyBase64: null, contentType: null, headers: null };
}

function originOf(request: Request): string | null {
  if (request.url.length > MAX_URL || !request.url.isWellFormed() || request.url.includes("\0")) return null;
  try {
    const { url } = renderRequest(request);
    return /^https?:$/.test(url.protocol) ? url.origin : null;
  } catch {
    return null;
  }
}

function urlProblem(url: string, param: JsonText | null): string | null {
  const checked = checkUrl(url, param);
  return typeof checked === "string" ? `url ${checked}` : null;
}

/** A text that is too long for the column is still what the answer must contain. */
function expectationOf(text: string | null): Pick<StoredTask, "expectResult" | "expect"> {
  const expectResult = text || null;
  if (expectResult === null || expectResult.length <= MAX_EXPECT)
    return { expectResult, expect: LEGACY_EXPECT };
  return {
    expectResult: expectResult
      .slice(0, MAX_EXPECT)
      .toWellFormed()
      .replace(/\uFFFD$/, ""),
    expect: { ...LEGACY_EXPECT, contains: expectResult },
  };
}

interface Times {
  createdAt: EpochMs;
  updatedAt: EpochMs;
  lastCallAt: EpochMs | null;
  dueAt: EpochMs;
}

/** Times that are missing follow from those that are there; 1970 where there are none. */
function timesOf(row: SourceTask, logs: SourceLog[], zone: Millis): Times {
  const created = readTime(row.createDate, zone);
  const modified = readTime(row.lastModifiedDate, zone);
  const due = readTime(row.expireTimestamp, zone);
  const called = logs.map((log) => logTime(log, zone)).filter((time) => time !== null);
  const createdAt = created ?? modified ?? called[0] ?? due ?? epochMs(0);
  const lastCallAt = called.at(-1) ?? null;
  const last = modified ?? lastCallAt;
  return {
    createdAt,
    updatedAt: last ?? createdAt,
    lastCallAt,
    // kkbida sets it after a failed call, and died in between where it is missing.
    dueAt: due ?? (last === null ? createdAt : later(last, minutes(1))),
  };
}

const logTime = (log: SourceLog, zone: Millis): EpochMs | null =>
  readTime(log.createDate, zone) ?? readTime(log.lastModifiedDate, zone);

function attemptsOf(logs: SourceLog[], createdAt: EpochMs, zone: Millis): AttemptRecord[] {
  let startedAt = createdAt;
  return logs.map((log, i) => {
    const text = textOrNull(log.responseTxt);
    const succeeded = readFlag(log.isSuccess);
    const failure = succeeded ? { error: null, statusCode: 200 } : readFailure(text);
    const body = text === null ? null : cutToBytes(text, MAX_RESPONSE);
    startedAt = logTime(log, zone) ?? startedAt;
    return {
      n: i + 1,
      startedAt,
      durationMs: millis(0),
      outcome: succeeded ? "succeeded" : "failed",
      ...failure,
      responseHeaders: null,
      responseBody: body,
      responseEncoding: "text",
      responseTruncated: text !== null && (body !== text || text.length >= KKBIDA_MAX_RESPONSE),
      node: NODE,
      retryAfterMs: null,
    };
  });
}

/**
 * kkbida's count can be larger than that of its logs (it died between the two) and smaller (two workers called at once).
 * Numbers of attempts must not be used twice, so the larger counts; what exceeds kkbida's own count, or the limit,
 * were calls by hand, which leaves as many automatic ones as kkbida had left.
 */
function countsOf(row: SourceTask, limit: number, logs: number): Pick<Progress, "callCount" | "manualCalls"> {
  const counted = readCount(row.callCount) ?? 0;
  const callCount = Math.max(counted, logs);
  return { callCount, manualCalls: callCount - Math.min(counted, limit) };
}

function progressOf(
  row: SourceTask,
  calls: Pick<Progress, "callCount" | "manualCalls">,
  limit: number,
  times: Times,
  attempts: AttemptRecord[],
  uncallable: string | null,
): Progress {
  const ended = (state: "succeeded" | "exhausted", lastError: CallError | null): Progress => ({
    ...calls,
    state,
    nextCallAt: null,
    finishedAt: times.lastCallAt ?? times.updatedAt,
    lastError,
  });
  if (readFlag(row.isSuccess)) return ended("succeeded", null);
  const lastError = lastFailure(calls.callCount, attempts);
  const inFlight = isInFlight({ ...row, limitCallCount: limit });
  if (!inFlight) return ended("exhausted", lastError);
  if (uncallable !== null) {
    const message = `taken over from kkbida, and cannot be called: ${uncallable}`;
    return ended("exhausted", { code: "bad_request", message: message.slice(0, 500) });
  }
  return { ...calls, state: "pending", nextCallAt: times.dueAt, finishedAt: null, lastError };
}

function lastFailure(callCount: number, attempts: AttemptRecord[]): CallError | null {
  const failed = attempts.findLast(({ outcome }) => outcome === "failed");
  if (failed) return failed.error;
  return callCount > 0 ? { code: "unexpected_result", message: "kkbida kept no answer of the call" } : null;
}

const textOrNull = (value: unknown): string | null =>
  value === null || value === undefined
    ? null
    : value instanceof Uint8Array
      ? Buffer.from(value).toString("utf8")
      : String(value);
