/** Many tasks at once: by a selection, by a filter, or all that a destination missed. */
import { v7 } from "uuid";
import type { z } from "zod";
import type { BulkAction, BulkResult, JobFilter, JobKind, JobView } from "../../core/bulk.ts";
import { millis } from "../../core/clock.ts";
import type { Page } from "../../core/contract.ts";
import { BidaError } from "../../core/errors.ts";
import { parseTaskId, type TaskId } from "../../core/ids.ts";
import { type bulkSchema, MAX_AT_ONCE, type replaySchema } from "../../core/schema/bulk.ts";
import { recordAudit } from "../../store/audit.ts";
import { addJob, countOpenJobs, findJob, listJobs, type StoredJob, stopJob } from "../../store/bulk-jobs.ts";
import { type Candidate, countMatching, findCandidates, nextMatching } from "../../store/change-many.ts";
import type { BidaContext } from "../bus/types.ts";
import type { Resources } from "../node/resources.ts";
import { originOfCall } from "../tasks/audit.ts";
import { isMasked, scopeOf } from "../tasks/tasks.ts";
import { actionOf, added, applyTo, BATCH, type By } from "./bulk-apply.ts";
import { jobFilterOf } from "./bulk-filter.ts";
import type { Office } from "./office.ts";

/** Of one caller, that have not ended. */
const MAX_JOBS = 20;

type Request = z.output<typeof bulkSchema>;
export type Options = Pick<Request, "dryRun" | "expected" | "note">;

/** @throws BidaError share_used_up; unavailable: then up to the batch that failed is done */
export async function changeMany(
  office: Pick<Office, "resources" | "worker">,
  ctx: BidaContext,
  action: BulkAction,
  { filter, taskIds, ...options }: Request,
): Promise<BulkResult> {
  if (filter) return changeFiltered(office, ctx, action, filter, options);
  const ids = [...new Set((taskIds ?? []).map((id) => parseTaskId(id) as TaskId))];
  const { resources } = office;
  const found = await findCandidates(resources.db, scopeOf(ctx), ids);
  const result = resultOf(found.length, options);
  const missing = ids.length - found.length;
  if (missing > 0) result.skipped = { "there is no such task": missing };
  return options.dryRun ? result : changeNow(resources, action, found, byOf(ctx, options), result);
}

/** Sends again what a destination missed: exhausted tasks that were created in a time range. */
export async function replay(
  office: Pick<Office, "resources" | "worker">,
  ctx: BidaContext,
  destination: string,
  { from, to, ...options }: z.output<typeof replaySchema>,
): Promise<BulkResult> {
  const filter: JobFilter = { state: ["exhausted"], createdFrom: from, createdTo: to, destination };
  return changeFiltered(office, ctx, "replay", filter, options);
}

/** Changes what a filter finds: at once, or by a job. */
export async function changeFiltered(
  office: Pick<Office, "resources" | "worker">,
  ctx: BidaContext,
  kind: JobKind,
  filter: JobFilter,
  options: Options,
): Promise<BulkResult> {
  const { resources, worker } = office;
  const { db, clock } = resources;
  const scope = scopeOf(ctx);
  // By the generous reading of the clock: what was accepted a moment ago is meant as well.
  const bound = clock.after(millis(0));
  const rows = await jobFilterOf(filter, bound, resources, isMasked(ctx));
  if (options.dryRun) return resultOf(await countMatching(db, scope, rows), options);
  const by = byOf(ctx, options);
  const found = await nextMatching(db, scope, rows, null, MAX_AT_ONCE + 1);
  if (found.length <= MAX_AT_ONCE)
    return changeNow(resources, actionOf(kind), found, by, resultOf(found.length, options));
  const { actor, sourceIp, requestPath = null } = by;
  if ((await countOpenJobs(db, actor)) >= MAX_JOBS)
    throw new BidaError("share_used_up", `A caller may have ${MAX_JOBS} jobs that have not ended`, {
      retryAfter: 30,
    });
  const matched = await countMatching(db, scope, rows);
  const { expected = null, note = null } = options;
  const job = await addJob(
    db,
    {
      ...{ kind, scope, filter, bound, matched, expected, actor, sourceIp, requestPath, note },
      createdAt: clock.now(),
    },
    (within, { id }) =>
      recordAudit(within, {
        at: clock.now(),
        ...by,
        action: "job.start",
        target: { type: "job", id },
        after: { kind, filter, matched, expected },
      }),
  );
  worker.wake();
  return { ...resultOf(matched, options), job: jobView(job) };
}

/** A thousand at most: in the audit log one act, with its tasks. */
async function changeNow(
  resources: Resources,
  action: BulkAction,
  found: Candidate[],
  who: By,
  result: BulkResult,
): Promise<BulkResult> {
  const sum = { ...result };
  const by: By = { ...who, group: v7() };
  if (found.length > 0)
    // Before its tasks: they are never without it.
    await recordAudit(resources.db, {
      ...{ ...who, at: resources.clock.now() },
      action: `bulk.${action}`,
      target: { type: "bulk", id: by.group ?? null },
      after: { matched: found.length },
    });
  for (let i = 0; i < found.length; i += BATCH) {
    const { changes, skipped } = await applyTo(resources, action, found.slice(i, i + BATCH), by);
    sum.changed += changes.length;
    sum.skipped = added(sum.skipped, skipped);
  }
  return sum;
}

export async function jobsPage(
  { db }: Resources,
  ctx: BidaContext,
  limit: number,
  cursor: string | null,
): Promise<Page<JobView>> {
  const page = await listJobs(db, scopeOf(ctx), limit, cursor);
  return { items: page.items.map(jobView), nextCursor: page.nextCursor };
}

/** @throws BidaError not_found */
export async function viewJob({ db }: Resources, ctx: BidaContext, id: string): Promise<JobView> {
  return jobView(await findJob(db, scopeOf(ctx), id));
}

/** What is done stays done. @throws BidaError not_found; conflict where it has ended */
export async function endJob(
  { db, clock }: Resources,
  ctx: BidaContext,
  id: string,
  note: string | undefined,
): Promise<JobView> {
  const now = clock.now();
  const job = await stopJob(db, scopeOf(ctx), id, now, (within, { matched, done, changed }) =>
    recordAudit(within, {
      at: now,
      ...originOfCall(ctx),
      action: "job.stop",
      group: id,
      target: { type: "job", id },
      after: { matched, done, changed },
      note: note ?? null,
    }),
  );
  return jobView(job);
}

function resultOf(matched: number, options: Options): BulkResult {
  const { dryRun, expected = null } = options;
  const difference = expected === null ? null : matched - expected;
  return { dryRun, matched, expected, difference, changed: 0, skipped: {}, job: null };
}

const byOf = (ctx: BidaContext, { note }: Options): By => ({ ...originOfCall(ctx), note: note ?? null });

function jobView(job: StoredJob): JobView {
  const { id, kind, filter, state, matched, expected, done, changed, skipped, note, actor } = job;
  return {
    ...{ id, kind, filter, state, matched, expected, done, changed, skipped, note },
    by: { kind: actor.kind, id: actor.id, name: actor.name },
    createdAt: iso(job.createdAt) as string,
    startedAt: iso(job.startedAt),
    finishedAt: iso(job.finishedAt),
  };
}

const iso = (time: number | null): string | null => (time === null ? null : new Date(time).toISOString());
