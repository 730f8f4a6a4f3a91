/** From a checked request to the row of a new task. */
import { createHash } from "node:crypto";
import { type Clock, epochMs } from "../../core/clock.ts";
import { BidaError } from "../../core/errors.ts";
import { laneOf, newTaskId, type TaskId } from "../../core/ids.ts";
import type { TaskSpec } from "../../core/task.ts";
import type { NewTask } from "../../store/accept.ts";
import type { StoredTask } from "../../store/rows.ts";

/** Who hands a task over. */
export interface Owner extends Pick<StoredTask, "appId" | "sourceIp"> {
  /** The task's id, where the door chose it. */
  taskId?: TaskId | null;
}

/** @param origin of its URL with the placeholders filled */
export function storedTaskOf(
  { start, ...spec }: TaskSpec,
  origin: string,
  { appId, sourceIp, taskId }: Owner,
  clock: Clock,
): StoredTask {
  const now = clock.now();
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
    createdAt: now,
    updatedAt: now,
  };
}

/** The body's hash is of the checked request: white space and the order of its top fields make no difference. */
export function idempotencyOf(spec: TaskSpec, idempotencyKey: string | null): NewTask["idempotency"] {
  if (idempotencyKey === null) return null;
  const hash = (text: string) => createHash("sha256").update(text).digest();
  return { keyHash: hash(idempotencyKey), bodyHash: hash(JSON.stringify(spec)) };
}

/** @throws BidaError invalid_task where the key cannot be one */
export function checkIdempotencyKey(key: string | undefined): string | null {
  if (key === undefined) return null;
  if (/^[\x21-\x7e]([\x20-\x7e]{0,253}[\x21-\x7e])?$/.test(key)) return key;
  const errors = [{ field: "idempotencyKey", message: "must be 1 to 255 printable ASCII characters" }];
  throw new BidaError("invalid_task", undefined, { errors });
}
