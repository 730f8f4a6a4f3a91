/** Between rows of tasks and what the rest of the program speaks; with `attempt-rows.ts` the only place that knows how a column is encoded. */
import { type EpochMs, epochMs, millis } from "../core/clock.ts";
import { printExpectation } from "../core/expect.ts";
import { type Lane, type TaskId, taskIdFromBytes, taskIdToBytes } from "../core/ids.ts";
import { PROFILES } from "../core/profile.ts";
import {
  METHODS,
  type Method,
  type Progress,
  STORED_STATES,
  type StoredState,
  type TaskSpec,
} from "../core/task.ts";
import {
  Columns,
  count,
  errorOf,
  expectationOf,
  headersOf,
  integer,
  json,
  nameOf,
  objectText,
  oneOf,
  type Row,
  retryOf,
  targetOf,
  text,
  time,
} from "./columns.ts";
import { openerOf } from "./opener.ts";
import type { Sealing } from "./sealing.ts";

export type { Row };

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
  /** Its calls are not signed as its app: an operator wrote what they say. */
  unsigned: boolean;
  /** Its URL as it is called, see `core/found-by.ts`. Missing: that is `url`, or it is not known. */
  calledUrl?: string;
  /** What its app calls it by, see `core/found-by.ts`. Missing: there is none. */
  businessKey?: string;
  createdAt: EpochMs;
  updatedAt: EpochMs;
  /** Columns of its row that cannot be read, and have a stand-in here: it is not called, but set aside. Missing: none. */
  corrupt?: string[];
  /** Its payload is sealed with a key that this node lacks, and null here: its calls wait. Missing: it is not. */
  unopened?: true;
}

/** What its target gets and is judged by; a call needs it, recording does not. */
type Payload =
  | "requestParam"
  | "body"
  | "bodyBase64"
  | "contentType"
  | "headers"
  | "expectResult"
  | "profile"
  | "calledUrl"
  | "businessKey";

/** A task as it is locked: its payload was not read. */
export type LockedTask = Omit<StoredTask, Payload>;

/** A task as lists have it: also without `expect`, which can be long. */
export type ListedTask = Omit<LockedTask, "expect"> &
  Pick<StoredTask, "contentType" | "profile" | "calledUrl" | "businessKey">;

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
  "profile",
  "sealed",
  "call_unsigned",
  "called_url",
  "business_key",
] as const;

export function taskToRow(task: StoredTask, sealing: Sealing): unknown[] {
  const id = taskIdToBytes(task.taskId);
  const box = sealing.forNew("tasks", id);
  const kept = (column: string, value: string | null) => (box === null ? value : box.seal(column, value));
  return [
    id,
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
    kept("request_param", task.requestParam),
    kept("body", task.body),
    kept("body_base64", task.bodyBase64),
    task.contentType,
    kept("headers", json(task.headers)),
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
    task.profile,
    box?.keyId ?? null,
    task.unsigned ? 1 : null,
    // What is sealed stands nowhere else.
    box === null ? (task.calledUrl ?? null) : null,
    box === null ? (task.businessKey ?? null) : null,
  ];
}

/** Of a {@link LockedTask}; `expect` says which failures end a task. */
export const LOCKED_COLUMNS = `task_id, app_id, state, call_count, manual_calls, limit_call_count, next_call_at, expires_at,
    created_at, updated_at, finished_at, lane, url, request_method, retry, timeout_ms, source_app_name, target_app_name,
    order_key, order_seq, source_ip, handed_until, call_unsigned, last_error_code, last_error_message, expect`;

/** Of a {@link ListedTask}. */
export const LISTED_COLUMNS: string[] = LOCKED_COLUMNS.split(/,\s*/)
  .filter((column) => column !== "expect")
  .concat("content_type", "profile", "called_url", "business_key");

/** Stands in for a retry policy that cannot be read: the task is set aside at its next claim. */
const NO_RETRY: StoredTask["retry"] = { strategy: "fixed", delayMs: 0 };

/** Never throws for what stands in a column: what cannot be read is named in {@link StoredTask.corrupt}. */
export function taskFromRow(row: Row, sealing: Sealing): StoredTask {
  const columns = new Columns(row);
  const task = lockedOf(row, columns) as StoredTask;
  const payload = openerOf(columns, row, sealing, "tasks", row.task_id as Buffer);
  if (payload.isShut) task.unopened = true;
  task.requestParam = payload.optional("request_param", objectText);
  task.body = payload.optional("body", text);
  task.bodyBase64 = payload.optional("body_base64", text);
  task.contentType = columns.optional("content_type", text);
  task.headers = payload.optional("headers", headersOf<Record<string, string>>(false));
  task.expectResult = columns.optional("expect_result", text);
  task.profile = columns.optional("profile", oneOf(PROFILES));
  Object.assign(task, foundBy(columns));
  if (columns.broken) task.corrupt = columns.broken;
  return task;
}

/** As {@link taskFromRow}, of {@link LOCKED_COLUMNS}. */
function lockedFromRow(row: Row): LockedTask {
  const columns = new Columns(row);
  const task = lockedOf(row, columns);
  if (columns.broken) task.corrupt = columns.broken;
  return task;
}

/** As {@link taskFromRow}, of {@link LISTED_COLUMNS}. */
export function listedFromRow(row: Row): ListedTask {
  const columns = new Columns(row);
  const { expect: _, ...task } = lockedOf(row, columns);
  const contentType = columns.optional("content_type", text);
  const profile = columns.optional("profile", oneOf(PROFILES));
  const found = foundBy(columns);
  return { ...task, contentType, profile, ...found, ...(columns.broken && { corrupt: columns.broken }) };
}

function foundBy(columns: Columns): Pick<StoredTask, "calledUrl" | "businessKey"> {
  const calledUrl = columns.optional("called_url", text);
  const businessKey = columns.optional("business_key", text);
  return { ...(calledUrl !== null && { calledUrl }), ...(businessKey !== null && { businessKey }) };
}

function lockedOf(row: Row, columns: Columns): LockedTask {
  return {
    taskId: taskIdFromBytes(row.task_id as Uint8Array),
    appId: columns.read("app_id", integer, 0),
    ...progressOf(columns),
    limitCallCount: columns.read("limit_call_count", count, 1),
    retry: columns.read("retry", retryOf, NO_RETRY),
    expiresAt: columns.optional("expires_at", time),
    createdAt: columns.read("created_at", time, epochMs(0)),
    updatedAt: columns.read("updated_at", time, epochMs(0)),
    lane: columns.read("lane", text, "") as Lane,
    url: columns.read("url", targetOf, String(row.url)),
    requestMethod: columns.read("request_method", oneOf(METHODS), String(row.request_method) as Method),
    expect: columns.optional("expect", expectationOf),
    timeoutMs: millis(columns.read("timeout_ms", count, 0)),
    sourceAppName: columns.optional("source_app_name", text),
    targetAppName: columns.optional("target_app_name", text),
    orderKey: columns.optional("order_key", text),
    orderSeq: columns.optional("order_seq", count),
    sourceIp: columns.optional("source_ip", text),
    handedUntil: columns.optional("handed_until", time),
    unsigned: Boolean(row.call_unsigned),
  };
}

/** Locked rows, by the ids of their tasks. */
export const lockedById = (rows: Row[]): Map<TaskId, LockedTask> =>
  new Map(rows.map(lockedFromRow).map((task) => [task.taskId, task]));

/** The columns of {@link Progress}; what cannot be read is replaced, a state by `pending`. */
export const progressFromRow = (row: Row): Progress => progressOf(new Columns(row));

function progressOf(columns: Columns): Progress {
  return {
    state: columns.read("state", nameOf(STORED_STATES), "pending"),
    callCount: columns.read("call_count", count, 0),
    manualCalls: columns.read("manual_calls", count, 0),
    nextCallAt: columns.optional("next_call_at", time),
    finishedAt: columns.optional("finished_at", time),
    lastError: errorOf(columns, "last_error_code", "last_error_message"),
  };
}
