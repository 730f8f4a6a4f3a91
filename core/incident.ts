/** Failures gathered: tasks that were exhausted at one destination with one error code and status. */
import type { TaskState } from "./task.ts";

/** `GET /v1/incidents`. Times are ISO 8601. */
export interface IncidentView {
  id: number;
  /** Origin; null for a URL that has none. */
  destination: string | null;
  errorCode: string;
  /** Null: there was no answer. */
  statusCode: number | null;
  firstAt: string;
  lastAt: string;
  /** How many were exhausted in it. */
  tasks: number;
  first: { taskId: string; error: string };
  last: { taskId: string; error: string };
  /** None of its alarms is told. */
  muted: boolean;
  /** Until when; null: until it ends, or it is not muted. */
  mutedUntil: string | null;
  acknowledged: { by: string; at: string; note: string | null } | null;
  /** When the last of its tasks was exhausted no more; null: it is open. */
  endedAt: string | null;
}

/** What was answered to a call that failed. */
export interface IncidentAnswer {
  /** Which of the task's calls it was. */
  n: number;
  /** Null: no answer came. */
  statusCode: number | null;
  /** The beginning of the answer's body; null where it is none, or no text. */
  bodyStart: string | null;
  /** There is more of the body. */
  truncated: boolean;
}

/** `GET /v1/incidents/{id}`. */
export interface IncidentDetail extends IncidentView {
  /** `answer` is null where the call is not on record: it was never made, or is pruned. */
  first: IncidentView["first"] & { answer: IncidentAnswer | null };
  last: IncidentView["last"] & { answer: IncidentAnswer | null };
  /** What became of its tasks, of the oldest 20,000 at most; those that were pruned are missing. */
  outcome: Record<Exclude<TaskState, "delivering">, number>;
  /** How many of its tasks `outcome` is about, with those that were pruned: fewer than `tasks` where there are more. */
  counted: number;
}

export interface IncidentQuery {
  /** Default: open. */
  state?: "open" | "ended" | undefined;
  limit?: number | undefined;
  cursor?: string | undefined;
}
