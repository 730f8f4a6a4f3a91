/** Many tasks at once: what is asked for, and the background jobs that do it. Times are ISO 8601. */
import type { Actor } from "./caller.ts";
import type { RetrySchedule, TaskState } from "./task.ts";
import type { TaskFilterQuery } from "./task-views.ts";

export const BULK_ACTIONS = ["retry", "cancel", "resolve"] as const;
export type BulkAction = (typeof BULK_ACTIONS)[number];

export const JOB_KINDS = [...BULK_ACTIONS, "replay"] as const;
export type JobKind = (typeof JOB_KINDS)[number];

export const JOB_STATES = ["waiting", "running", "paused", "finished", "stopped"] as const;
export type JobState = (typeof JOB_STATES)[number];

/** The filters of `GET /v1/tasks`; one must be given. */
export type BulkFilter = { [Name in keyof TaskFilterQuery]?: TaskFilterQuery[Name] | undefined };

/** What a job works on. */
export type JobFilter = BulkFilter;

/** The body of `POST /v1/tasks/retry`, `/cancel` and `/resolve`: either `filter` or `taskIds`. */
export interface BulkRequest {
  filter?: BulkFilter | undefined;
  /** Up to 1,000. */
  taskIds?: string[] | undefined;
  /** Only counts. */
  dryRun?: boolean | undefined;
  /** What a dry run counted; the answer says by how much it differs now. */
  expected?: number | undefined;
  /** Why, for the audit log. */
  note?: string | undefined;
  /** Of a retry: one more call, or the whole schedule. Default: `once`. */
  schedule?: RetrySchedule | undefined;
  /** Of a filter: at most so many tasks per second. A job works on them then, however few they are. */
  pace?: number | undefined;
}

/** The body of `POST /v1/destinations/{origin}/replay`: tasks created in [from, to). */
export interface ReplayRequest {
  from: string;
  to: string;
  dryRun?: boolean | undefined;
  expected?: number | undefined;
  note?: string | undefined;
  schedule?: RetrySchedule | undefined;
  pace?: number | undefined;
}

/** What a dry run finds: what would become of the tasks if it were done now. */
export interface BulkPreview {
  /** Tasks that were looked at; all that match unless `atLeast`. */
  looked: number;
  /** There are more tasks than could be looked at in time: every figure is a lower bound. */
  atLeast: boolean;
  /** Tasks that would be changed. */
  changed: number;
  /** Reason → how many would be left out. */
  skipped: Record<string, number>;
  /** The same per state of the tasks; states without a task are missing. */
  states: { state: TaskState; changed: number; skipped: Record<string, number> }[];
}

export interface BulkResult {
  dryRun: boolean;
  /** Tasks that the filter or the selection finds. */
  matched: number;
  expected: number | null;
  /** `matched` less `expected`; null where nothing was expected. */
  difference: number | null;
  /** Tasks that were changed. 0 where a job does it. */
  changed: number;
  /** Why others were not: reason → how many. */
  skipped: Record<string, number>;
  /** More than 1,000, or a pace: the job that works on them. */
  job: JobView | null;
  /** Of a dry run; otherwise null. */
  preview: BulkPreview | null;
}

/** A background job over many tasks. */
export interface JobView {
  id: string;
  kind: JobKind;
  filter: JobFilter;
  state: JobState;
  /** Tasks that the filter found when the job was made. */
  matched: number;
  expected: number | null;
  /** Tasks that were looked at: changed or skipped. */
  done: number;
  changed: number;
  /** Reason → how many. */
  skipped: Record<string, number>;
  /** What each retry grants; null: the job calls nothing again. */
  schedule: RetrySchedule | null;
  /** At most so many tasks per second; null: as many as leave room for others. */
  pace: number | null;
  /** While it is paused: since when, and who did it. */
  paused: { at: string; by: string } | null;
  note: string | null;
  by: Omit<Actor, "role">;
  createdAt: string;
  startedAt: string | null;
  finishedAt: string | null;
}

/** A job with what became of its tasks. */
export interface JobDetail extends JobView {
  /** Reason → ids of some of the tasks that were skipped for it. */
  samples: Record<string, string[]>;
  /** Where the tasks that it called again are now; null where it calls nothing again. */
  outcome: JobOutcome | null;
}

export interface JobOutcome {
  /** Tasks that were looked at. Fewer than `changed` where looking at all would take too long, and for old jobs. */
  counted: number;
  succeeded: number;
  /** They failed again, up to their limit. */
  exhausted: number;
  /** They are called, or wait for their next call. */
  open: number;
  canceled: number;
  resolved: number;
  /** Retention has deleted them. */
  gone: number;
}

/** The query of `GET /v1/jobs`. */
export interface JobQuery {
  state?: JobState[] | undefined;
  limit?: number | undefined;
  cursor?: string | undefined;
}

/** The body of `PATCH /v1/jobs/{jobId}`; at least one of `pace` and `paused`. */
export interface JobChange {
  /** Null: no limit of its own. */
  pace?: number | null | undefined;
  paused?: boolean | undefined;
  note?: string | undefined;
}

/** A copy of a task, sent as a new one. */
export interface Resent {
  taskId: string;
  resendOf: string;
}
