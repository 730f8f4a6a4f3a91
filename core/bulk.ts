/** Many tasks at once: what is asked for, and the background jobs that do it. Times are ISO 8601. */
import type { Actor } from "./caller.ts";
import type { TaskFilterQuery } from "./task-views.ts";

export const BULK_ACTIONS = ["retry", "cancel", "resolve"] as const;
export type BulkAction = (typeof BULK_ACTIONS)[number];

export const JOB_KINDS = [...BULK_ACTIONS, "replay"] as const;
export type JobKind = (typeof JOB_KINDS)[number];

export const JOB_STATES = ["waiting", "running", "finished", "stopped"] as const;
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
}

/** The body of `POST /v1/destinations/{origin}/replay`: tasks created in [from, to). */
export interface ReplayRequest {
  from: string;
  to: string;
  dryRun?: boolean | undefined;
  expected?: number | undefined;
  note?: string | undefined;
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
  /** More than 1,000: the job that works on them. */
  job: JobView | null;
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
  note: string | null;
  by: Omit<Actor, "role">;
  createdAt: string;
  startedAt: string | null;
  finishedAt: string | null;
}

/** A copy of a task, sent as a new one. */
export interface Resent {
  taskId: string;
  resendOf: string;
}
