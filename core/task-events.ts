/** What happened to tasks, as it is told to anyone who listens. Times are ISO 8601. */
import type { TaskState } from "./task.ts";
import type { AttemptView } from "./task-views.ts";

/** A Moleculer event. */
export interface TaskEvent {
  taskId: string;
  state: TaskState;
  callCount: number;
  limitCallCount: number;
  url: string;
  sourceAppName: string | null;
  targetAppName: string | null;
  lastError: { code: string; message: string } | null;
  createdAt: string;
}

/** What `GET /v1/events` tells: changes of tasks, and how things stand. */
export const STREAM_TYPES = [
  "task.accepted",
  "task.attempted",
  "task.succeeded",
  "task.exhausted",
  "task.canceled",
  "task.resolved",
  "task.retried",
  "stats",
] as const;

export type StreamType = (typeof STREAM_TYPES)[number];

/** One change of a task. A call that ends its task is `task.succeeded` or `task.exhausted`, any other `task.attempted`. */
export interface TaskChange {
  type: Exclude<StreamType, "stats">;
  taskId: string;
  appId: number;
  state: TaskState;
  callCount: number;
  limitCallCount: number;
  /** At most 512 characters of it. */
  url: string;
  sourceAppName: string | null;
  targetAppName: string | null;
  nextCallAt: string | null;
  lastError: { code: string; message: string } | null;
  at: string;
  /** The call that was recorded; null where the change was none. */
  attempt: Pick<AttemptView, "n" | "outcome" | "statusCode" | "errorCode" | "durationMs"> | null;
}
