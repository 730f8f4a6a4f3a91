/** Between rows and what the rest of the program speaks. The only place that knows how a column is encoded. */
import { type EpochMs, type Millis, millis } from "../core/clock.ts";
import { printExpectation, readExpectation } from "../core/expect.ts";
import { type Lane, type TaskId, taskIdFromBytes, taskIdToBytes } from "../core/ids.ts";
import type { JsonText } from "../core/json/text.ts";
import type { AttemptRecord, CallError, CallErrorCode } from "../core/outcome.ts";
import { type Progress, STORED_STATES, type StoredState, type TaskSpec } from "../core/task.ts";

/** A task as the store gives it out. */
export interface StoredTask extends Progress, Omit<TaskSpec, "start"> {
  taskId: TaskId;
  /** The app it belongs to; 0 for Bida's own users. */
  appId: number;
  /** Of the URL with its placeholders filled. */
  lane: Lane;
  /** Its place in the line of its `orderKey`, given by the store when it accepts the task; null without a key. */
  orderSeq: number | null;
  sourceIp: string | null;
  /**
   * Until when the row itself is the lease of the first call, which was given to a dispatcher in the moment of the
   * commit; null where it was not. See docs/delivery.md, "The short way".
   */
  handedUntil: EpochMs | null;
  createdAt: EpochMs;
  updatedAt: EpochMs;
}

export type Row = Record<string, unknown>;

export const stateCode = (state: StoredState): number => STORED_STATES.indexOf(state);

/** Columns of an insert, in the order of {@link taskToRow}. */
export const TASK_COLUMNS = [
  "task_id",
  "app_id",
  "state",
  "call_count",
  "manual_calls",
  "limit_call_count",
  "next_call_at",
  "expires_at",
  "created_at",
  "updated_at",
  "lane",
  "url",
  "request_method",
  "request_param",
  "body",
  "body_base64",
  "content_type",
  "headers",
  "expect_result",
  "expect",
  "retry",
  "timeout_ms",
  "source_app_name",
  "target_app_name",
  "order_key",
  "order_seq",
  "source_ip",
  "handed_until",
] as const;

export function taskToRow(task: StoredTask): unknown[] {
  return [
    taskIdToBytes(task.taskId),
    task.appId,
    stateCode(task.state),
    task.callCount,
    task.manualCalls,
    task.limitCallCount,
    task.nextCallAt,
    task.expiresAt,
    task.createdAt,
    task.updatedAt,
    task.lane,
    task.url,
    task.requestMethod,
    task.requestParam,
    task.body,
    task.bodyBase64,
    task.contentType,
    json(task.headers),
    task.expectResult,
    task.expect && printExpectation(task.expect),
    JSON.stringify(task.retry),
    task.timeoutMs,
    task.sourceAppName,
    task.targetAppName,
    task.orderKey,
    task.orderSeq,
    task.sourceIp,
    task.handedUntil,
  ];
}

export function taskFromRow(row: Row): StoredTask {
  return {
    taskId: taskIdFromBytes(row.task_id as Uint8Array),
    appId: row.app_id as number,
    ...progressFromRow(row),
    limitCallCount: row.limit_call_count as number,
    retry: JSON.parse(row.retry as string),
    expiresAt: row.expires_at as EpochMs | null,
    createdAt: row.created_at as EpochMs,
    updatedAt: row.updated_at as EpochMs,
    lane: row.lane as Lane,
    url: row.url as string,
    requestMethod: row.request_method as StoredTask["requestMethod"],
    requestParam: row.request_param as JsonText | null,
    body: row.body as string | null,
    bodyBase64: row.body_base64 as string | null,
    contentType: row.content_type as string | null,
    headers: parsed(row.headers),
    expectResult: row.expect_result as string | null,
    expect: row.expect === null ? null : readExpectation(row.expect as JsonText),
    timeoutMs: millis(row.timeout_ms as number),
    sourceAppName: row.source_app_name as string | null,
    targetAppName: row.target_app_name as string | null,
    orderKey: row.order_key as string | null,
    orderSeq: row.order_seq as number | null,
    sourceIp: row.source_ip as string | null,
    handedUntil: row.handed_until as EpochMs | null,
  };
}

/** The columns of {@link Progress}. */
export function progressFromRow(row: Row): Progress {
  return {
    state: STORED_STATES[row.state as number] as StoredState,
    callCount: row.call_count as number,
    manualCalls: row.manual_calls as number,
    nextCallAt: row.next_call_at as EpochMs | null,
    finishedAt: row.finished_at as EpochMs | null,
    lastError: errorFromRow(row.last_error_code, row.last_error_message),
  };
}

export const ATTEMPT_COLUMNS = [
  "task_id",
  "n",
  "started_at",
  "duration_ms",
  "succeeded",
  "status_code",
  "error_code",
  "error_message",
  "response_headers",
  "response_body",
  "response_base64",
  "response_truncated",
  "node",
] as const;

export function attemptToRow(taskId: TaskId, attempt: AttemptRecord): unknown[] {
  return [
    taskIdToBytes(taskId),
    attempt.n,
    attempt.startedAt,
    attempt.durationMs,
    attempt.outcome === "succeeded" ? 1 : 0,
    attempt.statusCode,
    attempt.error?.code ?? null,
    attempt.error?.message.slice(0, 500) ?? null,
    json(attempt.responseHeaders),
    attempt.responseBody,
    attempt.responseEncoding === "base64" ? 1 : 0,
    attempt.responseTruncated ? 1 : 0,
    attempt.node,
  ];
}

export function attemptFromRow(row: Row): AttemptRecord {
  return {
    n: row.n as number,
    startedAt: row.started_at as EpochMs,
    durationMs: row.duration_ms as Millis,
    outcome: row.succeeded ? "succeeded" : "failed",
    statusCode: row.status_code as number | null,
    error: errorFromRow(row.error_code, row.error_message),
    responseHeaders: parsed(row.response_headers),
    responseBody: row.response_body as string | null,
    responseEncoding: row.response_base64 ? "base64" : "text",
    responseTruncated: Boolean(row.response_truncated),
    node: row.node as string,
    retryAfterMs: null,
  };
}

function errorFromRow(code: unknown, message: unknown): CallError | null {
  return code === null ? null : { code: code as CallErrorCode, message: message as string };
}

const json = (value: unknown): string | null => (value === null ? null : JSON.stringify(value));
const parsed = <T>(value: unknown): T | null => (value === null ? null : (JSON.parse(value as string) as T));
