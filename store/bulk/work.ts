/**
 * The work on jobs over many tasks. One node at a time works on a job: it holds a lease, and each batch, in its own transaction,
 * checks the job's fence and moves its position on. A node that dies, or is thought dead, so repeats and loses nothing:
 * the next one goes on behind the last batch that was committed.
 */
import { stringify } from "uuid";
import { JOB_KINDS, type JobKind } from "../../core/bulk.ts";
import { type Actor, callerKey } from "../../core/caller.ts";
import { type EpochMs, later, type Millis } from "../../core/clock.ts";
import { taskIdToBytes } from "../../core/ids.ts";
import { Columns, objectOf } from "../columns.ts";
import type { Database } from "../database.ts";
import { reading, withRetries } from "../failures.ts";
import type { Row } from "../rows.ts";
import { JobLost, key, OPEN_STATES, readJob, type StoredJob, TABLE } from "./rows.ts";

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

const openJobs = (db: Database, now: EpochMs) =>
  db
    .knex(TABLE)
    .whereIn("state", [...OPEN_STATES])
    .where("lease_until", "<", now);

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
      .knex(TABLE)
      .where({ job_id: key(id), fence })
      .update({ lease_until: until }),
  );
}

/** Locks a job for a batch. @returns it as it is now: its pace may have been changed @throws JobLost */
export async function holdJob(within: Database, { id, fence }: StoredJob): Promise<StoredJob> {
  const job = await readJob(within.knex, id, true);
  if (job.fence !== fence || job.state !== "running")
    throw new JobLost("the job is another node's, or was paused or stopped");
  return job;
}

/** Writes where a job stands after a batch, whose transaction has locked it with {@link holdJob}. */
export async function advanceJob(within: Database, job: StoredJob): Promise<void> {
  await within
    .knex(TABLE)
    .where("job_id", key(job.id))
    .update({
      state: job.state,
      done: job.done,
      changed: job.changed,
      skipped: JSON.stringify(job.skipped),
      samples: JSON.stringify(job.samples),
      pos_created_at: job.position?.createdAt ?? null,
      pos_task_id: job.position ? taskIdToBytes(job.position.taskId) : null,
      finished_at: job.finishedAt,
    });
}
