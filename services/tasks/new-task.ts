/** From a checked request to the row of a new task. */
import { type Clock, epochMs } from "../../core/clock.ts";
import { businessKeyOf, calledUrlOf } from "../../core/found-by.ts";
import { laneOf, newTaskId, type TaskId } from "../../core/ids.ts";
import type { TaskSpec } from "../../core/task.ts";
import type { StoredTask } from "../../store/rows.ts";

/** Who hands a task over. */
export interface Owner extends Pick<StoredTask, "appId" | "sourceIp"> {
  /** The task's id, where the API chose it. */
  taskId?: TaskId | null;
  /** See {@link StoredTask.unsigned}. */
  unsigned?: boolean;
  /** Where its app's business key stands in what is sent: a JSONPath. Null, or missing: nowhere. */
  businessKeyPath?: string | null;
}

/** @param origin of its URL with the placeholders filled */
export function storedTaskOf(
  { start, ...spec }: TaskSpec,
  origin: string,
  { appId, sourceIp, taskId, unsigned = false, businessKeyPath = null }: Owner,
  clock: Clock,
): StoredTask {
  const now = clock.now();
  const calledUrl = calledUrlOf(spec);
  const businessKey = businessKeyPath === null ? null : businessKeyOf(spec, businessKeyPath);
  const later = "callAt" in start ? start.callAt : start.delayMs > 0 ? clock.after(start.delayMs) : now;
  return {
    ...spec,
    taskId: taskId ?? newTaskId(),
    appId,
    lane: laneOf(origin),
    state: "pending",
    orderSeq: null,
    callCount: 0,
    manualCalls: 0,
    nextCallAt: epochMs(Math.max(later, now)),
    finishedAt: null,
    lastError: null,
    sourceIp,
    handedUntil: null,
    unsigned,
    ...(calledUrl !== null && { calledUrl }),
    ...(businessKey !== null && { businessKey }),
    createdAt: now,
    updatedAt: now,
  };
}
