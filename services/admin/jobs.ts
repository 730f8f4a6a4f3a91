/** Jobs over many tasks, as those who asked for them see and steer them. */

import type { z } from "zod";
import type { JobDetail, JobView } from "../../core/bulk.ts";
import type { Actor } from "../../core/caller.ts";
import { type EpochMs, isoOrNull } from "../../core/clock.ts";
import type { Page } from "../../core/contract.ts";
import { BidaError, foundOrNull } from "../../core/errors.ts";
import type { jobChangeSchema, jobQuerySchema } from "../../core/schema/bulk.ts";
import { type App, lockApp } from "../../store/apps.ts";
import { recordAudit, recordAudits } from "../../store/audit.ts";
import { outcomeOf } from "../../store/bulk/acted.ts";
import { changeJob, findJob, listJobs, stopJob, stopJobsOf } from "../../store/bulk/jobs.ts";
import type { StoredJob } from "../../store/bulk/rows.ts";
import type { Database } from "../../store/database.ts";
import type { SecretBox } from "../../store/secret-box.ts";
import { lockUser, type User } from "../../store/users.ts";
import type { BidaContext } from "../bus/types.ts";
import type { Resources } from "../node/resources.ts";
import { originOfCall } from "../tasks/audit.ts";
import { scopeOf } from "../tasks/tasks.ts";
import type { Office } from "./office.ts";

export async function jobsPage(
  { db }: Resources,
  ctx: BidaContext,
  { state, limit, cursor }: z.output<typeof jobQuerySchema>,
): Promise<Page<JobView>> {
  const page = await listJobs(db, scopeOf(ctx), limit, cursor ?? null, state);
  return { items: page.items.map(jobView), nextCursor: page.nextCursor };
}

/** @throws BidaError not_found */
export async function viewJob({ db }: Resources, ctx: BidaContext, id: string): Promise<JobDetail> {
  const job = await findJob(db, scopeOf(ctx), id);
  const outcome = job.schedule === null ? null : await outcomeOf(db, job.id);
  return { ...jobView(job), samples: job.samples, outcome };
}

/**
 * Sets the pace, pauses, or has it go on. A batch that is under way is done first; the next one goes by what was set.
 * @throws BidaError not_found; conflict where it has ended
 */
export async function setJob(
  { resources: { db, clock }, worker }: Pick<Office, "resources" | "worker">,
  ctx: BidaContext,
  id: string,
  { pace, paused, note }: z.output<typeof jobChangeSchema>,
): Promise<JobView> {
  const at = clock.now();
  const by = originOfCall(ctx);
  const settings = {
    ...(pace !== undefined && { pace }),
    ...(paused !== undefined && { paused: paused ? { at, by: by.actor.name } : null }),
  };
  const job = await changeJob(db, scopeOf(ctx), id, settings, (within, after, before) => {
    const entry = (action: string, was: object, is: object) => ({
      ...{ at, ...by, action, group: id, target: { type: "job", id } },
      ...{ before: was, after: is, note: note ?? null },
    });
    const { done, matched } = after;
    const isPaused = after.state === "paused";
    return recordAudits(within, [
      ...(after.pace === before.pace ? [] : [entry("job.pace", { pace: before.pace }, { pace: after.pace })]),
      ...(isPaused === (before.state === "paused")
        ? []
        : [entry(isPaused ? "job.pause" : "job.resume", { state: before.state }, { done, matched })]),
    ]);
  });
  worker.wake();
  return jobView(job);
}

/** What is done stays done. @throws BidaError not_found; conflict where it has ended */
export async function endJob(
  { db, clock }: Resources,
  ctx: BidaContext,
  id: string,
  note: string | undefined,
): Promise<JobView> {
  const now = clock.now();
  const job = await stopJob(db, scopeOf(ctx), id, now, (within, stopped) =>
    recordStop(within, ctx, stopped, now, note ?? null),
  );
  return jobView(job);
}

/**
 * Ends the jobs of a caller who may not go on with them: disabled, deleted, or with a lesser role. In the transaction of that change.
 * @param because for the audit log
 */
export async function endJobsOf(
  within: Database,
  ctx: BidaContext,
  actor: Pick<Actor, "kind" | "id">,
  now: EpochMs,
  because: string,
): Promise<void> {
  for (const job of await stopJobsOf(within, actor, now)) await recordStop(within, ctx, job, now, because);
}

/**
 * Whether a caller may still begin a job, as they could when they asked: counting what it is about takes long. In the transaction
 * that adds the job, under the lock that a change of the caller's rights takes: either that change stops the job, or this refuses it.
 * @throws BidaError forbidden
 */
export async function checkStillMay(
  within: Database,
  box: SecretBox,
  { kind, id }: Pick<Actor, "kind" | "id">,
): Promise<void> {
  if (id === null || (kind !== "user" && kind !== "app")) return;
  const one = await foundOrNull<App | User>(
    kind === "user" ? lockUser(within, id) : lockApp(within, box, id),
  );
  if (one === null || one.disabled || ("role" in one && one.role === "viewer"))
    throw new BidaError(
      "forbidden",
      `The ${kind} was disabled or deleted meanwhile, or may not do this any more`,
    );
}

const recordStop = (
  within: Database,
  ctx: BidaContext,
  { id, matched, done, changed }: StoredJob,
  at: EpochMs,
  note: string | null,
): Promise<void> =>
  recordAudit(within, {
    ...{ at, ...originOfCall(ctx), action: "job.stop", group: id, target: { type: "job", id } },
    ...{ after: { matched, done, changed }, note },
  });

export function jobView(job: StoredJob): JobView {
  const { id, kind, filter, state, matched, expected, done, changed, skipped, note, actor } = job;
  const { schedule, pace, paused } = job;
  return {
    ...{ id, kind, filter, state, matched, expected, done, changed, skipped, schedule, pace, note },
    paused: paused && { at: isoOrNull(paused.at) as string, by: paused.by },
    by: { kind: actor.kind, id: actor.id, name: actor.name },
    createdAt: isoOrNull(job.createdAt) as string,
    startedAt: isoOrNull(job.startedAt),
    finishedAt: isoOrNull(job.finishedAt),
  };
}
