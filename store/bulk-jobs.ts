/**
 * Jobs over many tasks. One node at a time works on a job: it holds a lease, and each batch, in its own transaction,
 * checks the job's fence and moves its position on. A node that dies, or is thought dead, so repeats and loses nothing:
 * the next one goes on behind the last batch that was committed.
 */
import type { Knex } from "knex";
import { parse, stringify, v7 } from "uuid";
import { JOB_KINDS, type JobFilter, type JobKind, type JobState } from "../core/bulk.ts";
import { type Actor, callerKey } from "../core/caller.ts";
import { type EpochMs, later, type Millis } from "../core/clock.ts";
import { BidaError } from "../core/errors.ts";
import { parseTaskId, taskIdFromBytes, taskIdToBytes } from "../core/ids.ts";
import type { Page } from "../core/page.ts";
import { cutPage } from "../core/page-cut.ts";
import { Columns, objectOf } from "./columns.ts";
import type { Database } from "./database.ts";
import { reading, transaction, withRetries } from "./failures.ts";
import type { Position } from "./retention.ts";
import type { Row } from "./rows.ts";
import type { Scope } from "./scope.ts";

export interface StoredJob {
  /** UUIDv7. */
  id: string;
  kind: JobKind;
  scope: Scope;
  filter: JobFilter;
  /** It works on what was there at this time. */
  bound: EpochMs;
  state: JobState;
  matched: number;
  expected: number | null;
  done: number;
  changed: number;
  skipped: Record<string, number>;
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
>;

/** The job is another node's by now, or was stopped. */
export class JobLost extends Error {}

/** @param told is called in the same transaction: for the audit log */
export async function addJob(
  db: Database,
  job: NewJob,
  told: (within: Database, job: StoredJob) => Promise<void>,
): Promise<StoredJob> {
  const id = v7();
  return transaction(db, async (within) => {
    await within.knex("bulk_jobs").insert({
      job_id: key(id),
      kind: job.kind,
      app_id: job.scope.appId,
      filter: JSON.stringify(job.filter),
      bound: job.bound,
      state: "waiting",
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
  return fromRow(row);
}

/** A page, newest first. @throws BidaError invalid_query for a cursor that is not one of ours */
export async function listJobs(
  db: Database,
  scope: Scope,
  limit: number,
  cursor: string | null,
): Promise<Page<StoredJob>> {
  const query = jobsOf(db.knex, scope)
    .orderBy("job_id", "desc")
    .limit(limit + 1);
  if (cursor !== null) {
    if (parseTaskId(cursor) === null) {
      const errors = [{ field: "cursor", message: "must be a nextCursor of an earlier page" }];
      throw new BidaError("invalid_query", undefined, { errors });
    }
    query.where("job_id", "<", key(cursor));
  }
  const rows = await reading<Row[]>(query);
  return cutPage(rows.map(fromRow), limit, ({ id }) => id);
}

/**
 * Ends a job where it stands.
 * @param told is called in the same transaction: for the audit log
 * @throws BidaError not_found; conflict where it has ended
 */
export async function stopJob(
  db: Database,
  scope: Scope,
  id: string,
  now: EpochMs,
  told: (within: Database, job: StoredJob) => Promise<void>,
): Promise<StoredJob> {
  await findJob(db, scope, id);
  return transaction(db, async (within) => {
    const job = await readJob(within.knex, id, true);
    if (isEnded(job)) throw new BidaError("conflict", `The job is ${job.state} already`);
    await within.knex("bulk_jobs").where("job_id", key(id)).update({ state: "stopped", finished_at: now });
    const stopped: StoredJob = { ...job, state: "stopped", finishedAt: now };
    await told(within, stopped);
    return stopped;
  });
}

/** Which jobs somebody wants to work on. */
export interface JobsWanted {
  kinds: readonly JobKind[];
  /** When a caller's job was worked on last, 0 for never: callers take turns, and of each the oldest job comes first. */
  servedAt(owner: string): number;
}

/** Jobs that are looked at for whose turn it is. */
const MAX_OPEN = 500;

/** Who asked for a job. */
const ownerOf = (row: Row): string =>
  callerKey({ kind: row.actor_kind, id: row.actor_id, name: row.actor_name } as Actor);

/** Takes a job that nobody works on. @returns null where there is none, or another node was faster */
export async function takeJob(
  db: Database,
  now: EpochMs,
  lease: Millis,
  wanted: JobsWanted = { kinds: JOB_KINDS, servedAt: () => 0 },
): Promise<StoredJob | null> {
  const rows = await freeJobs(db, now, wanted.kinds);
  const turns = rows.map((one) => wanted.servedAt(ownerOf(one)));
  const row = rows[turns.indexOf(Math.min(...turns))];
  if (!row) return null;
  const free = () => openJobs(db, now).where({ job_id: row.job_id, fence: row.fence });
  if (new Columns(row).read("filter", objectOf, null) === null) {
    const skipped = JSON.stringify({ "its filter cannot be read": 0 });
    await withRetries(() => free().update({ state: "stopped", finished_at: now, skipped }));
    return takeJob(db, now, lease, wanted);
  }
  const taken = await withRetries(() =>
    free().update({
      state: "running",
      fence: (row.fence as number) + 1,
      lease_until: later(now, lease),
      started_at: row.started_at ?? now,
    }),
  );
  return taken === 1 ? readJob(db.knex, stringify(row.job_id as Buffer)) : null;
}

/** Whether a job of somebody else waits. */
export async function othersWait(
  db: Database,
  now: EpochMs,
  kinds: readonly JobKind[],
  job: StoredJob,
): Promise<boolean> {
  const own = callerKey(job.actor);
  return (await freeJobs(db, now, kinds)).some((row) => ownerOf(row) !== own);
}

/** How many jobs of one caller have not ended. */
export async function countOpenJobs(db: Database, actor: Pick<Actor, "kind" | "id">): Promise<number> {
  const query = db.knex("bulk_jobs").whereIn("state", OPEN_STATES).where({ actor_kind: actor.kind });
  if (actor.id === null) query.whereNull("actor_id");
  else query.where("actor_id", actor.id);
  const [row] = await reading<{ n: number | string }[]>(query.count({ n: "*" }));
  return Number(row?.n ?? 0);
}

const OPEN_STATES = ["waiting", "running"];

const openJobs = (db: Database, now: EpochMs) =>
  db.knex("bulk_jobs").whereIn("state", OPEN_STATES).where("lease_until", "<", now);

const freeJobs = (db: Database, now: EpochMs, kinds: readonly JobKind[]): Promise<Row[]> =>
  reading<Row[]>(
    openJobs(db, now)
      .whereIn("kind", [...kinds])
      .orderBy("job_id")
      .limit(MAX_OPEN),
  );

/** Prolongs a lease, or with 0 gives it back. Does nothing where the job is another node's by now. */
export async function leaseJob(db: Database, { id, fence }: StoredJob, until: number): Promise<void> {
  await reading(
    db
      .knex("bulk_jobs")
      .where({ job_id: key(id), fence })
      .update({ lease_until: until }),
  );
}

/** Locks a job for a batch. @throws JobLost */
export async function holdJob(within: Database, { id, fence }: StoredJob): Promise<void> {
  const job = await readJob(within.knex, id, true);
  if (job.fence !== fence || isEnded(job)) throw new JobLost("the job is another node's, or was stopped");
}

/** Writes where a job stands after a batch, whose transaction has locked it with {@link holdJob}. */
export async function advanceJob(within: Database, job: StoredJob): Promise<void> {
  await within
    .knex("bulk_jobs")
    .where("job_id", key(job.id))
    .update({
      state: job.state,
      done: job.done,
      changed: job.changed,
      skipped: JSON.stringify(job.skipped),
      pos_created_at: job.position?.createdAt ?? null,
      pos_task_id: job.position ? taskIdToBytes(job.position.taskId) : null,
      finished_at: job.finishedAt,
    });
}

const isEnded = ({ state }: StoredJob): boolean => state === "finished" || state === "stopped";

const key = (id: string): Buffer => Buffer.from(parse(id));

function jobsOf(knex: Knex, { appId }: Scope) {
  const query = knex("bulk_jobs");
  return appId === null ? query : query.where("app_id", appId);
}

async function readJob(knex: Knex, id: string, lock = false): Promise<StoredJob> {
  const query = knex("bulk_jobs").where("job_id", key(id));
  const [row] = await reading<Row[]>(lock ? query.forUpdate() : query);
  if (!row) throw new JobLost("the job's row is gone");
  return fromRow(row);
}

function fromRow(row: Row): StoredJob {
  const columns = new Columns(row);
  return {
    id: stringify(row.job_id as Buffer),
    kind: row.kind as JobKind,
    scope: { appId: row.app_id as number | null },
    // One that cannot be read must not become one that finds everything: such a job is stopped when it is taken.
    filter: columns.read("filter", objectOf, {}) as JobFilter,
    bound: row.bound as EpochMs,
    state: row.state as JobState,
    matched: row.matched as number,
    expected: row.expected as number | null,
    done: row.done as number,
    changed: row.changed as number,
    skipped: columns.read("skipped", objectOf, {}) as Record<string, number>,
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
