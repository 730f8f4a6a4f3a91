/** Jobs over many tasks as people see them: made, looked at, paused and set, stopped. Who works on them: `work.ts`. */

import type { Knex } from "knex";
import { v7 } from "uuid";
import type { JobState } from "../../core/bulk.ts";
import type { Actor } from "../../core/caller.ts";
import type { EpochMs } from "../../core/clock.ts";
import { wrongCursor } from "../../core/cursor.ts";
import { BidaError } from "../../core/errors.ts";
import { parseTaskId } from "../../core/ids.ts";
import type { Page } from "../../core/page.ts";
import { cutPage } from "../../core/page-cut.ts";
import type { Database } from "../database.ts";
import { reading, transaction } from "../failures.ts";
import type { Row } from "../rows.ts";
import type { Scope } from "../scope.ts";
import { isEnded, jobFromRow, jobsOf, key, OPEN_STATES, readJob, type StoredJob, TABLE } from "./rows.ts";

export type NewJob = Pick<
  StoredJob,
  | "kind"
  | "scope"
  | "filter"
  | "bound"
  | "matched"
  | "expected"
  | "actor"
  | "sourceIp"
  | "requestPath"
  | "note"
  | "createdAt"
> &
  Partial<Pick<StoredJob, "schedule" | "pace">>;

/** Called in the transaction of a change: for the audit log. */
type Told = (within: Database, job: StoredJob, before: StoredJob) => Promise<void>;

export async function addJob(
  db: Database,
  job: NewJob,
  told: (within: Database, job: StoredJob) => Promise<void>,
): Promise<StoredJob> {
  const id = v7();
  return transaction(db, async (within) => {
    await within.knex(TABLE).insert({
      job_id: key(id),
      kind: job.kind,
      app_id: job.scope.appId,
      filter: JSON.stringify(job.filter),
      bound: job.bound,
      state: "waiting",
      schedule: job.schedule ?? null,
      pace: job.pace ?? null,
      matched: job.matched,
      expected: job.expected,
      done: 0,
      changed: 0,
      skipped: "{}",
      fence: 0,
      lease_until: 0,
      actor_kind: job.actor.kind,
      actor_id: job.actor.id,
      actor_name: job.actor.name.slice(0, 128),
      source_ip: job.sourceIp,
      request_path: job.requestPath?.slice(0, 512) ?? null,
      note: job.note,
      created_at: job.createdAt,
    });
    const stored = await readJob(within.knex, id);
    await told(within, stored);
    return stored;
  });
}

/** @throws BidaError not_found, also where it is another app's */
export async function findJob(db: Database, scope: Scope, id: string): Promise<StoredJob> {
  if (parseTaskId(id) === null) throw new BidaError("not_found", "No such job");
  const [row] = await reading<Row[]>(jobsOf(db.knex, scope).where("job_id", key(id)));
  if (!row) throw new BidaError("not_found", "No such job");
  return jobFromRow(row);
}

/**
 * A page, newest first.
 * @param states of which it is one; undefined: any
 * @throws BidaError invalid_query for a cursor that is not one of ours
 */
export async function listJobs(
  db: Database,
  scope: Scope,
  limit: number,
  cursor: string | null,
  states?: readonly JobState[],
): Promise<Page<StoredJob>> {
  const query = jobsOf(db.knex, scope)
    .orderBy("job_id", "desc")
    .limit(limit + 1);
  if (states) query.whereIn("state", [...states]);
  if (cursor !== null) {
    if (parseTaskId(cursor) === null) throw wrongCursor();
    query.where("job_id", "<", key(cursor));
  }
  const rows = await reading<Row[]>(query);
  return cutPage(rows.map(jobFromRow), limit, ({ id }) => id);
}

/** How many jobs of one caller have not ended; those that are paused are among them. */
export async function countOpenJobs(db: Database, actor: Pick<Actor, "kind" | "id">): Promise<number> {
  const [row] = await reading<{ n: number | string }[]>(openOf(db.knex, actor).count({ n: "*" }));
  return Number(row?.n ?? 0);
}

function openOf(knex: Knex, { kind, id }: Pick<Actor, "kind" | "id">) {
  const query = knex(TABLE)
    .whereIn("state", [...OPEN_STATES, "paused"])
    .where({ actor_kind: kind });
  return id === null ? query.whereNull("actor_id") : query.where("actor_id", id);
}

/** Ends all jobs of one caller where they stand, in the transaction that takes the caller's rights away. @returns them */
export async function stopJobsOf(
  within: Database,
  actor: Pick<Actor, "kind" | "id">,
  now: EpochMs,
): Promise<StoredJob[]> {
  const rows = await reading<Row[]>(openOf(within.knex, actor));
  const stopped: StoredJob[] = [];
  for (const { id } of rows.map(jobFromRow)) {
    // Behind the batch that is under way.
    const job = await readJob(within.knex, id, true);
    if (isEnded(job)) continue;
    const end = { state: "stopped", paused_at: null, paused_by: null, finished_at: now };
    await within.knex(TABLE).where("job_id", key(id)).update(end);
    stopped.push(job);
  }
  return stopped;
}

/** Ends a job where it stands. @throws BidaError not_found; conflict where it has ended */
export function stopJob(
  db: Database,
  scope: Scope,
  id: string,
  now: EpochMs,
  told: Told,
): Promise<StoredJob> {
  return changed(db, scope, id, told, (job) => ({ ...job, state: "stopped", paused: null, finishedAt: now }));
}

/** What can be set of a job that has not ended. */
export interface JobSettings {
  pace?: number | null;
  /** Null: it goes on. */
  paused?: StoredJob["paused"];
}

/**
 * Sets the pace of a job, pauses it or has it go on. Where that is so already nothing is changed, and nothing told.
 * @throws BidaError not_found; conflict where it has ended
 */
export function changeJob(
  db: Database,
  scope: Scope,
  id: string,
  { pace, paused }: JobSettings,
  told: Told,
): Promise<StoredJob> {
  return changed(db, scope, id, told, (job) => {
    const next = pace === undefined ? job : { ...job, pace };
    // Who paused it first is who paused it.
    if (paused === undefined || (paused === null) === (job.paused === null)) return next;
    const goesOn: JobState = job.startedAt === null ? "waiting" : "running";
    return { ...next, paused, state: paused === null ? goesOn : "paused" };
  });
}

/** One change under the job's lock, behind the batch that is under way; the next batch finds it. */
async function changed(
  db: Database,
  scope: Scope,
  id: string,
  told: Told,
  rule: (job: StoredJob) => StoredJob,
): Promise<StoredJob> {
  await findJob(db, scope, id);
  return transaction(db, async (within) => {
    const before = await readJob(within.knex, id, true);
    if (isEnded(before)) throw new BidaError("conflict", `The job is ${before.state} already`);
    const job = rule(before);
    if (job.state === before.state && job.pace === before.pace) return before;
    await within
      .knex(TABLE)
      .where("job_id", key(id))
      .update({
        state: job.state,
        pace: job.pace,
        paused_at: job.paused?.at ?? null,
        paused_by: job.paused?.by.slice(0, 128) ?? null,
        finished_at: job.finishedAt,
        // Who asks it to go on does not mean: once the pause after a failure is over.
        ...(before.state === "paused" && { lease_until: 0 }),
      });
    await told(within, job, before);
    return job;
  });
}
