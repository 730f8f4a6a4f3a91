/** State changes of tasks, counted and told to the log. Field names are documented in `docs/operations.md`. */
import type { Logger } from "moleculer";
import type { DueEntry, Outcome } from "../../core/job.ts";
import { type Change, taskChanges } from "../../core/metrics.ts";
import type { AttemptRecord } from "../../core/outcome.ts";
import type { LockedTask } from "../../store/rows.ts";

/** One change that is on record. @param attempt the call that led to it, where one did */
export function announceChange(
  log: Logger,
  change: Change,
  task: LockedTask,
  attempt: AttemptRecord | null = null,
): void {
  taskChanges[change].inc();
  log.info(
    {
      taskId: task.taskId,
      change,
      callCount: task.callCount,
      target: originOf(task.url),
      errorCode: task.lastError?.code,
      durationMs: attempt?.durationMs,
    },
    "task changed",
  );
}

/** {@link announceChange} for a first call that succeeded, whose task is not at hand. */
export function announceSuccess(log: Logger, { taskId, n, attempt, target }: Outcome): void {
  taskChanges.succeeded.inc();
  const durationMs = attempt?.durationMs;
  log.info({ taskId, change: "succeeded", callCount: n, target, durationMs }, "task changed");
}

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
function originOf(url: string): string {
  const end = url.slice(8).search(/[/?#]/);
  return end === -1 ? url : url.slice(0, 8 + end);
}
