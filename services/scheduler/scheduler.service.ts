/** Accepts tasks, keeps what is due, hands it to dispatchers, records what came of it. */
import type { Context, ServiceSchema } from "moleculer";
import { millis } from "../../core/clock.ts";
import type { BatchResult, Submission, SubmissionResult, WireRefusal } from "../../core/contract.ts";
import { BidaError } from "../../core/errors.ts";
import type { TaskId } from "../../core/ids.ts";
import type { DueEntry } from "../../core/job.ts";
import { parseLegacyTask } from "../../core/legacy.ts";
import { readTask } from "../../core/parse-task.ts";
import { taskAttemptsSchema } from "../../core/schema/tasks.ts";
import { Slices } from "../../core/slices.ts";
import { withinErrors } from "../../core/submission.ts";
import { parseWith } from "../../core/task-schema.ts";
import { probeDatabase } from "../../store/database.ts";
import { attemptPage } from "../../store/payloads.ts";
import { ownerOf } from "../../store/scope.ts";
import { actionsOf, eventsOf, unexpectedIn } from "../bus/bus.ts";
import type { BidaContext } from "../bus/types.ts";
import { refusalFrom, refusalTo } from "../bus/wire-errors.ts";
import { contribute } from "../node/node-status.ts";
import { onStopping, resourcesOf } from "../node/resources.ts";
import { batchKeys } from "../tasks/batch-keys.ts";
import { checkIdempotencyKey, type IdempotencyKey, ownKeyOf } from "../tasks/idempotency.ts";
import { batchOf, textOf } from "../tasks/task-text.ts";
import { cancelTask, isMasked, scopeOf, taskIdOf, viewTask } from "../tasks/tasks.ts";
import { attemptView } from "../tasks/views.ts";
import type { Acceptance, Origin } from "./acceptance.ts";
import { schedulerStatus } from "./figures.ts";
import { Pipeline } from "./pipeline.ts";

/** A scheduler as Moleculer knows it: its actions and events, over the pipeline that does the work. */
const pipelineOf = (ctx: Context): Pipeline => (ctx.service as unknown as { pipeline: Pipeline }).pipeline;

const scheduler: ServiceSchema = {
  name: "scheduler",

  actions: actionsOf<"scheduler">({
    submit: async (task, ctx) => {
      const { acceptance } = pipelineOf(ctx);
      acceptance.checkLoad(ownerOf(scopeOf(ctx)));
      const key = checkIdempotencyKey(ctx.meta.idempotencyKey);
      const form = readTask(textOf(task));
      return { taskId: await acceptance.submit(form, originOf(ctx), taskKey(key)) };
    },

    submitBatch: async (params, ctx) => {
      const { acceptance } = pipelineOf(ctx);
      const origin = originOf(ctx);
      acceptance.checkLoad(origin.appId);
      const tasks = await batchOf(params);
      const keyAt = batchKeys(ctx.meta);
      const { taskIds = [] } = ctx.meta;
      const results: Promise<BatchResult>[] = [];
      const slices = new Slices();
      for (const [index, task] of tasks.entries()) {
        const itsOrigin = { ...origin, taskId: taskIds[index] ?? null };
        const result = submitItem(acceptance, task, itsOrigin, keyAt?.(index) ?? null);
        // It is looked at below; that may be later than it fails.
        result.catch(() => undefined);
        results.push(result);
        if (slices.over) await slices.rest();
      }
      return { results: withinErrors(await Promise.all(results)) };
    },

    submitMany: async ({ items }, ctx) => {
      const results = await Promise.all(items.map((item) => submitOne(item, ctx)));
      // The database is away: another scheduler may reach it.
      const first = results[0] as SubmissionResult;
      if (results.every((result) => "refusal" in result && result.refusal.type === "unavailable"))
        throw refusalFrom((first as { refusal: WireRefusal }).refusal);
      return { results };
    },

    get: async ({ taskId }, ctx) => viewTask(pipelineOf(ctx).resources, ctx, taskIdOf(taskId)),

    attempts: async (params, ctx) => {
      const { db } = pipelineOf(ctx).resources;
      const { taskId, cursor = null, ...wanted } = parseWith(taskAttemptsSchema, params, "invalid_query");
      const page = await attemptPage(db, scopeOf(ctx), taskIdOf(taskId), { ...wanted, cursor });
      return { ...page, items: page.items.map((one) => attemptView(one, isMasked(ctx))) };
    },

    cancel: async (params, ctx) => cancelTask(pipelineOf(ctx).resources, ctx, params),

    health: async (_, ctx) => {
      const { db, due } = pipelineOf(ctx).resources;
      const parts = {
        database: await problemOf(probeDatabase(db)),
        dueSet: await problemOf(due.counts()),
      };
      return { ok: Object.values(parts).every((problem) => problem === null), parts };
    },

    claim: async (request, ctx) => pipelineOf(ctx).desk.claim(request, ctx.nodeID ?? ""),

    extend: async ({ holder, entries }, ctx) => {
      const { clock, due } = pipelineOf(ctx).resources;
      const askedAt = performance.now();
      const { lost, adopted } = await due.extend(holder, entries);
      const sentBy = clock.after(millis(askedAt - performance.now()));
      return { lost: lost.map(idOf), adopted: adopted.map(idOf), sentBy, reached: clock.now() };
    },

    release: async ({ holder, entries, handed = [], ended = [] }, ctx) => {
      const { resources, quietLanes } = pipelineOf(ctx);
      const { due } = resources;
      for (const { lane } of handed) quietLanes.ended(lane, false);
      // A release that fails is made up for by the lease's end; it must not keep back the others.
      const released = await Promise.allSettled([
        due.release(holder, entries),
        due.settle(
          holder,
          ended.map((entry) => ({ entry, next: null, health: null })),
        ),
      ]);
      // Only now: one that is named in both lists has a lease here, or none.
      await resources.repeats.add(handed);
      for (const one of released) if (one.status === "rejected") throw one.reason;
      return {};
    },

    configure: async ({ lane, settings }, ctx) => {
      pipelineOf(ctx).configure(lane, settings);
      return {};
    },

    report: async ({ holder, outcomes }, ctx) => {
      await pipelineOf(ctx).recorder.report(holder, outcomes);
      return {};
    },
  }),

  events: {
    ...eventsOf({
      "access.changed": ({ kind, id }, ctx) => {
        if (kind !== "app") return;
        pipelineOf(ctx).jobs.forgetSecrets(id);
        pipelineOf(ctx).acceptance.appChanged();
      },
    }),
    "$node.disconnected": {
      handler(ctx: Context) {
        pipelineOf(ctx).desk.dropNode((ctx.params as { node: { id: string } }).node.id);
      },
    },
  },

  async started() {
    const pipeline = new Pipeline(resourcesOf(this.broker), this.broker, this.logger);
    this.pipeline = pipeline;
    pipeline.start();
    contribute(this.broker, schedulerStatus(pipeline.resources, pipeline.desk));
    onStopping(this.broker, "schedule", () => pipeline.stop());
  },
};

export default scheduler;

/** The REST API says for whom it asks; other services of the cluster do not. */
function originOf(ctx: BidaContext): Origin {
  return {
    appId: ownerOf(scopeOf(ctx)),
    api: ctx.meta.scope ? "rest" : "rpc",
    sourceIp: ctx.meta.sourceIp ?? null,
    taskId: ctx.meta.taskIds?.[0] ?? null,
  };
}

/** One caller's task; what is wrong with it concerns nobody else. */
async function submitOne(item: Submission, ctx: BidaContext): Promise<SubmissionResult> {
  const { form, task, taskId, appId, sourceIp } = item;
  const { acceptance, resources } = pipelineOf(ctx);
  try {
    acceptance.checkLoad(appId);
    const origin = { appId, sourceIp, taskId: taskId as TaskId };
    if (form === "legacy") {
      const checked = parseLegacyTask(task, resources.config.legacy);
      if (checked.credentialsDropped)
        ctx.service?.logger.warn(
          { taskId, target: checked.origin },
          "user name and password in a URL were dropped",
        );
      return { taskId: await acceptance.accept(checked, { ...origin, api: "legacy" }) };
    }
    const key = checkIdempotencyKey(item.idempotencyKey);
    const request = readTask(task);
    return { taskId: await acceptance.submit(request, { ...origin, api: "rest" }, taskKey(key)) };
  } catch (error) {
    return { refusal: refusalTo(error, unexpectedIn(ctx, item.requestId)) };
  }
}

const taskKey = (key: string | null): IdempotencyKey | null => (key === null ? null : { kind: "task", key });

/** @param batchKey what the batch's own key makes of this item's: a repeated batch repeats nothing */
async function submitItem(
  acceptance: Acceptance,
  task: unknown,
  origin: Origin,
  batchKey: IdempotencyKey | null,
): Promise<BatchResult> {
  try {
    const form = new Map(readTask(textOf(task)));
    const key = ownKeyOf(form);
    return { taskId: await acceptance.submit(form, origin, key === null ? batchKey : { kind: "item", key }) };
  } catch (error) {
    if (!(error instanceof BidaError) || error.status >= 500) throw error;
    const errors =
      error.errors.length > 0 ? error.errors : [{ field: "idempotencyKey", message: error.message }];
    return { errors };
  }
}

const idOf = ({ taskId }: DueEntry): TaskId => taskId;

async function problemOf(check: Promise<unknown>): Promise<string | null> {
  try {
    await check;
    return null;
  } catch (error) {
    return (error as Error).message;
  }
}
