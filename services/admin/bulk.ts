/** Many tasks at once: by a selection, by a filter, or all that a destination missed. */
import { v7 } from "uuid";
import type { z } from "zod";
import type { BulkAction, BulkPreview, BulkResult, JobFilter, JobKind } from "../../core/bulk.ts";
import { millis } from "../../core/clock.ts";
import { BidaError } from "../../core/errors.ts";
import { parseTaskId, type TaskId } from "../../core/ids.ts";
import { type bulkSchema, MAX_AT_ONCE, type replaySchema } from "../../core/schema/bulk.ts";
import type { RetrySchedule } from "../../core/task.ts";
import { recordAudit } from "../../store/audit.ts";
import { addJob, countOpenJobs } from "../../store/bulk/jobs.ts";
import {
  type Candidate,
  countMatching,
  countsOf,
  findCandidates,
  nextMatching,
} from "../../store/change-many.ts";
import { classesAmong, classesOf } from "../../store/classes.ts";
import type { BidaContext } from "../bus/types.ts";
import type { Resources } from "../node/resources.ts";
import { originOfCall } from "../tasks/audit.ts";
import { handed } from "../tasks/handed.ts";
import { isMasked, scopeOf } from "../tasks/tasks.ts";
import { actionOf, added, applyTo, BATCH, type By } from "./bulk-apply.ts";
import { jobFilterOf } from "./bulk-filter.ts";
import { MISSING, previewOf } from "./bulk-preview.ts";
import { checkStillMay, jobView } from "./jobs.ts";
import type { Office } from "./office.ts";

/** Of one caller, that have not ended. */
const MAX_JOBS = 20;

type Request = z.output<typeof bulkSchema>;
export type Options = Pick<Request, "dryRun" | "expected" | "note" | "schedule" | "pace">;

/** @throws BidaError share_used_up; unavailable: then up to the batch that failed is done */
export async function changeMany(
  office: Pick<Office, "resources" | "worker">,
  ctx: BidaContext,
  action: BulkAction,
  { filter, taskIds, ...options }: Request,
): Promise<BulkResult> {
  const schedule = scheduleOf(action, options);
  if (filter) return changeFiltered(office, ctx, action, filter, options);
  const ids = [...new Set((taskIds ?? []).map((id) => parseTaskId(id) as TaskId))];
  const { resources } = office;
  const found = await findCandidates(resources.db, scopeOf(ctx), ids);
  const missing = ids.length - found.length;
  if (options.dryRun) {
    const entries = found.flatMap(({ entry }) => entry ?? []);
    const [held, inRows] = await Promise.all([
      resources.due.leasedAmong(entries).catch(() => new Set<TaskId>()),
      handed(resources, resources.clock.now()),
    ]);
    const leased = [...held, ...inRows.map(({ taskId }) => taskId)];
    const classes = await classesAmong(resources.db, scopeOf(ctx), ids, leased);
    const seen = { classes, atLeast: false, missing };
    return previewed(previewOf(seen, action, schedule, resources.clock), options);
  }
  const result = resultOf(found.length, options);
  if (missing > 0) result.skipped = { [MISSING]: missing };
  return changeNow(resources, action, schedule, found, byOf(ctx, options), result);
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

/**
 * Changes what a filter finds: at once, or by a job.
 * @throws BidaError share_used_up; invalid_body for a schedule of what calls nothing again
 */
export async function changeFiltered(
  office: Pick<Office, "resources" | "worker">,
  ctx: BidaContext,
  kind: JobKind,
  filter: JobFilter,
  options: Options,
): Promise<BulkResult> {
  const { resources, worker } = office;
  const { db, box, clock } = resources;
  const scope = scopeOf(ctx);
  const action = actionOf(kind);
  const schedule = scheduleOf(action, options);
  // By the generous reading of the clock: what was accepted a moment ago is meant as well.
  const bound = clock.after(millis(0));
  const { rows, leased } = await jobFilterOf(filter, bound, resources, isMasked(ctx));
  if (options.dryRun) {
    const seen = await classesOf(db, scope, rows, [...leased]);
    return previewed(previewOf(seen, action, schedule, clock), options);
  }
  const by = byOf(ctx, options);
  const { expected = null, note = null, pace = null } = options;
  if (pace === null) {
    const found = await nextMatching(db, scope, rows, null, MAX_AT_ONCE + 1);
    if (found.length <= MAX_AT_ONCE)
      return changeNow(resources, action, schedule, found, by, resultOf(found.length, options));
  }
  const { actor, sourceIp, requestPath = null } = by;
  // Before it is counted what the job is about, which may take long; and once more when it is added.
  if ((await countOpenJobs(db, actor)) >= MAX_JOBS) throw tooManyJobs();
  const matched = await countMatching(db, scope, rows);
  const grants = action === "retry" ? { schedule } : {};
  const job = await addJob(
    db,
    {
      ...{ kind, scope, filter, bound, matched, expected, actor, sourceIp, requestPath, note },
      ...{ ...grants, pace, createdAt: clock.now() },
    },
    async (within, { id }) => {
      await checkStillMay(within, box, actor);
      if ((await countOpenJobs(within, actor)) > MAX_JOBS) throw tooManyJobs();
      await recordAudit(within, {
        at: clock.now(),
        ...by,
        action: "job.start",
        target: { type: "job", id },
        after: { kind, filter, matched, expected, ...grants, ...(pace !== null && { pace }) },
      });
    },
  );
  worker.wake();
  return { ...resultOf(matched, options), job: jobView(job) };
}

const tooManyJobs = () =>
  new BidaError("share_used_up", `A caller may have ${MAX_JOBS} jobs that have not ended`, {
    retryAfter: 30,
  });

/** @throws BidaError invalid_body */
function scheduleOf(action: BulkAction, { schedule }: Options): RetrySchedule {
  if (schedule === undefined || action === "retry") return schedule ?? "once";
  const errors = [{ field: "schedule", message: "goes with a retry only" }];
  throw new BidaError("invalid_body", undefined, { errors });
}

/** A thousand at most: in the audit log one act, with its tasks. */
async function changeNow(
  resources: Resources,
  action: BulkAction,
  schedule: RetrySchedule,
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
    const part = found.slice(i, i + BATCH);
    const { changes, refused } = await applyTo(resources, action, part, by, { schedule });
    sum.changed += changes.length;
    sum.skipped = added(sum.skipped, countsOf(refused));
  }
  return sum;
}

function resultOf(matched: number, options: Options): BulkResult {
  const { dryRun, expected = null } = options;
  const difference = expected === null ? null : matched - expected;
  return { dryRun, matched, expected, difference, changed: 0, skipped: {}, job: null, preview: null };
}

const previewed = (preview: BulkPreview, options: Options): BulkResult => ({
  ...resultOf(preview.looked, options),
  preview,
});

const byOf = (ctx: BidaContext, { note }: Options): By => ({ ...originOfCall(ctx), note: note ?? null });
