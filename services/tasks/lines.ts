/** Lines of the log about tasks. Field names are documented in `docs/operations.md`. */
import type { DueEntry, Outcome } from "../../core/job.ts";
import type { Change } from "../../core/metrics.ts";
import type { AttemptRecord } from "../../core/outcome.ts";
import type { LockedTask } from "../../store/rows.ts";

/** @param attempt the call that led to the change, where one did */
export const changeLine = (change: Change, task: LockedTask, attempt: AttemptRecord | null): object => ({
  taskId: task.taskId,
  change,
  callCount: task.callCount,
  target: originOf(task.url),
  errorCode: task.lastError?.code,
  durationMs: attempt?.durationMs,
});

/** {@link changeLine} for a call that succeeded, whose task is not at hand. */
export const successLine = ({ taskId, n, attempt, target }: Outcome): object => ({
  taskId,
  change: "succeeded" satisfies Change,
  callCount: n,
  target,
  durationMs: attempt?.durationMs,
});

/** Everything about one attempt, in one line. No payload and no URL: paths and queries hold tokens. */
export function attemptLine(task: LockedTask, attempt: AttemptRecord, { dueAt }: DueEntry): object {
  return {
    taskId: task.taskId,
    n: attempt.n,
    outcome: attempt.outcome,
    statusCode: attempt.statusCode,
    errorCode: attempt.error?.code,
    durationMs: attempt.durationMs,
    lateMs: attempt.startedAt - dueAt,
    state: task.state,
    limitCallCount: task.limitCallCount,
    nextCallAt: task.nextCallAt === null ? null : new Date(task.nextCallAt).toISOString(),
    method: task.requestMethod,
    target: originOf(task.url),
    appId: task.appId,
    sourceAppName: task.sourceAppName,
    targetAppName: task.targetAppName,
    node: attempt.node,
  };
}

/** Scheme, host and port of a URL that was accepted; it has no credentials. Cheaper than parsing it. */
export function originOf(url: string): string {
  const end = url.slice(8).search(/[/?#]/);
  return end === -1 ? url : url.slice(0, 8 + end);
}
