/** What callers see of tasks and attempts. */
import type { EpochMs } from "../../core/clock.ts";
import type {
  AttemptItem,
  AttemptView,
  TaskChange,
  TaskEvent,
  TaskItem,
  TaskView,
} from "../../core/contract.ts";
import { ownExpectation, printExpectation } from "../../core/expect.ts";
import { parsedJson } from "../../core/json/look.ts";
import type { JsonText } from "../../core/json/text.ts";
import type { AttemptRecord } from "../../core/outcome.ts";
import { maskHeaders, maskTask, maskTaskUrl } from "../../core/task-secrets.ts";
import type { ListedAttempt } from "../../store/attempts.ts";
import type { ListedTask, LockedTask, StoredTask } from "../../store/rows.ts";

/**
 * @param leased whether a dispatcher holds it just now
 * @param exact JSON stays text, see {@link ExactTaskView}; otherwise it is what JavaScript makes of it
 * @param masked without secrets, see `core/task-secrets.ts`
 */
export function taskView(
  stored: StoredTask,
  leased: boolean,
  exact: boolean,
  masked = false,
): Omit<TaskView, "app"> {
  const task = masked ? maskTask(stored) : stored;
  const expect = task.expect && printExpectation(ownExpectation(task.expect));
  const json = (text: JsonText | null) => (exact || text === null ? text : parsedJson(text)) as never;
  return {
    ...targetOf(task, leased),
    requestParam: json(task.requestParam),
    body: task.body,
    bodyBase64: task.bodyBase64,
    headers: task.headers,
    expectResult: task.expectResult,
    expect: json(expect),
    ...progressOf(task),
  };
}

/** A task as lists show it unless they are asked for payloads. */
export const taskItem = (task: ListedTask, leased: boolean, masked = false): Omit<TaskItem, "app"> => ({
  ...targetOf(masked ? { ...task, url: maskTaskUrl(task.url) } : task, leased),
  ...progressOf(task),
});

const targetOf = (task: ListedTask, leased: boolean) => ({
  taskId: task.taskId,
  state: leased && task.state === "pending" ? ("delivering" as const) : task.state,
  url: task.url,
  calledUrl: task.calledUrl ?? null,
  requestMethod: task.requestMethod,
});

const progressOf = (task: ListedTask) => ({
  contentType: task.contentType,
  callCount: task.callCount,
  limitCallCount: task.limitCallCount,
  retry: task.corrupt?.includes("retry") ? null : task.retry,
  timeoutMs: task.timeoutMs,
  nextCallAt: iso(task.nextCallAt),
  expiresAt: iso(task.expiresAt),
  sourceAppName: task.sourceAppName,
  targetAppName: task.targetAppName,
  orderKey: task.orderKey,
  businessKey: task.businessKey ?? null,
  profile: task.profile,
  sourceIp: task.sourceIp,
  lastError: task.lastError,
  createdAt: iso(task.createdAt),
  updatedAt: iso(task.updatedAt),
  finishedAt: iso(task.finishedAt),
});

export function attemptView(
  { error, startedAt, retryAfterMs: _, ...attempt }: AttemptRecord,
  masked = false,
): AttemptView {
  const { responseHeaders } = attempt;
  return {
    ...attempt,
    responseHeaders: masked && responseHeaders ? maskHeaders(responseHeaders) : responseHeaders,
    phases: attempt.phases ?? null,
    startedAt: iso(startedAt),
    errorCode: error?.code ?? null,
    errorMessage: error?.message ?? null,
  };
}

export function attemptItem(
  { startedAt, succeeded, ...attempt }: ListedAttempt,
  masked: boolean,
): AttemptItem {
  const url = masked ? maskTaskUrl(attempt.url) : attempt.url;
  return { ...attempt, url, startedAt: iso(startedAt), outcome: succeeded ? "succeeded" : "failed" };
}

export function taskEvent(task: LockedTask): TaskEvent {
  return {
    taskId: task.taskId,
    state: task.state,
    callCount: task.callCount,
    limitCallCount: task.limitCallCount,
    url: task.url,
    sourceAppName: task.sourceAppName,
    targetAppName: task.targetAppName,
    lastError: task.lastError,
    createdAt: iso(task.createdAt),
  };
}

/** URLs in the event stream are cut here. */
const STREAMED_URL = 512;

export function taskChange(
  type: TaskChange["type"],
  task: LockedTask,
  attempt: AttemptRecord | null,
): TaskChange {
  const { taskId, appId, state, callCount, limitCallCount, sourceAppName, targetAppName, lastError } = task;
  return {
    ...{ type, taskId, appId, state, callCount, limitCallCount, sourceAppName, targetAppName, lastError },
    // Users follow it, and an app that wants its own secrets has them.
    url: maskTaskUrl(task.url).slice(0, STREAMED_URL),
    nextCallAt: iso(task.nextCallAt),
    at: iso(task.updatedAt),
    attempt: attempt && {
      n: attempt.n,
      outcome: attempt.outcome,
      statusCode: attempt.statusCode,
      errorCode: attempt.error?.code ?? null,
      durationMs: attempt.durationMs,
    },
  };
}

function iso(time: EpochMs): string;
function iso(time: EpochMs | null): string | null;
function iso(time: EpochMs | null): string | null {
  return time === null ? null : new Date(time).toISOString();
}
