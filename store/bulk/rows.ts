/** The row of a job over many tasks. */
import type { Knex } from "knex";
import { parse, stringify } from "uuid";
import type { JobFilter, JobKind, JobState } from "../../core/bulk.ts";
import type { Actor } from "../../core/caller.ts";
import type { EpochMs } from "../../core/clock.ts";
import { taskIdFromBytes } from "../../core/ids.ts";
import type { RetrySchedule } from "../../core/task.ts";
import { Columns, objectOf } from "../columns.ts";
import { reading } from "../failures.ts";
import type { Position } from "../retention.ts";
import type { Row } from "../rows.ts";
import type { Scope } from "../scope.ts";

export interface StoredJob {
  /** UUIDv7. */
  id: string;
  kind: JobKind;
  scope: Scope;
  filter: JobFilter;
  /** It works on what was there at this time. */
  bound: EpochMs;
  state: JobState;
  /** What each retry grants; null: nothing is called again. */
  schedule: RetrySchedule | null;
  /** Tasks per second at most; null: no limit of its own. */
  pace: number | null;
  /** While it is paused. */
  paused: { at: EpochMs; by: string } | null;
  matched: number;
  expected: number | null;
  done: number;
  changed: number;
  skipped: Record<string, number>;
  /** Reason → ids of some that were skipped. */
  samples: Record<string, string[]>;
  position: Position | null;
  fence: number;
  actor: Actor;
  sourceIp: string | null;
  requestPath: string | null;
  note: string | null;
  createdAt: EpochMs;
  startedAt: EpochMs | null;
  finishedAt: EpochMs | null;
}

/** The job is another node's by now, or was paused or stopped. */
export class JobLost extends Error {}

export const TABLE = "bulk_jobs";

export const key = (id: string): Buffer => Buffer.from(parse(id));

/** Jobs that exist for `scope`. */
export function jobsOf(knex: Knex, { appId }: Scope) {
  const query = knex(TABLE);
  return appId === null ? query : query.where("app_id", appId);
}

/** @throws JobLost where there is no such job */
export async function readJob(knex: Knex, id: string, lock = false): Promise<StoredJob> {
  const query = knex(TABLE).where("job_id", key(id));
  const [row] = await reading<Row[]>(lock ? query.forUpdate() : query);
  if (!row) throw new JobLost("the job's row is gone");
  return jobFromRow(row);
}

/** States of jobs that somebody may work on. */
export const OPEN_STATES: readonly JobState[] = ["waiting", "running"];
export const ENDED_STATES: readonly JobState[] = ["finished", "stopped"];

export const isEnded = ({ state }: Pick<StoredJob, "state">): boolean => ENDED_STATES.includes(state);

export function jobFromRow(row: Row): StoredJob {
  const columns = new Columns(row);
  const kind = row.kind as JobKind;
  const state = row.state as JobState;
  return {
    id: stringify(row.job_id as Buffer),
    kind,
    scope: { appId: row.app_id as number | null },
    // One that cannot be read must not become one that finds everything: such a job is stopped when it is taken.
    filter: columns.read("filter", objectOf, {}) as JobFilter,
    bound: row.bound as EpochMs,
    state,
    schedule: kind === "retry" || kind === "replay" ? ((row.schedule as RetrySchedule) ?? "once") : null,
    pace: (row.pace as number | null) ?? null,
    paused: state === "paused" ? { at: row.paused_at as EpochMs, by: row.paused_by as string } : null,
    matched: row.matched as number,
    expected: row.expected as number | null,
    done: row.done as number,
    changed: row.changed as number,
    skipped: columns.read("skipped", objectOf, {}) as Record<string, number>,
    samples: row.samples ? (columns.read("samples", objectOf, {}) as Record<string, string[]>) : {},
    position:
      row.pos_task_id === null
        ? null
        : {
            createdAt: row.pos_created_at as EpochMs,
            taskId: taskIdFromBytes(row.pos_task_id as Buffer),
          },
    fence: row.fence as number,
    actor: {
      kind: row.actor_kind as Actor["kind"],
      id: row.actor_id as number | null,
      name: row.actor_name as string,
      role: null,
    },
    sourceIp: row.source_ip as string | null,
    requestPath: row.request_path as string | null,
    note: row.note as string | null,
    createdAt: row.created_at as EpochMs,
    startedAt: row.started_at as EpochMs | null,
    finishedAt: row.finished_at as EpochMs | null,
  };
}
