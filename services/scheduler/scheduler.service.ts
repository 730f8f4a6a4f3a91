/** Accepts tasks, keeps what is due, hands it to dispatchers, records what came of it. */
import type { ServiceSchema } from "moleculer";
import { millis } from "../../core/clock.ts";
import type { BatchResult, Submission, SubmissionResult, WireRefusal } from "../../core/contract.ts";
import { BidaError, type FieldError } from "../../core/errors.ts";
import type { TaskId } from "../../core/ids.ts";
import { parseLegacyTask } from "../../core/legacy.ts";
import type { TaskSpec } from "../../core/task.ts";
import { parseTask } from "../../core/task-schema.ts";
import { pingDatabase } from "../../store/database.ts";
import { findAttempts } from "../../store/read.ts";
import { ownerOf } from "../../store/scope.ts";
import { actionsOf, type BidaContext, eventsOf, unexpectedIn } from "../lib/bus.ts";
import { checkIdempotencyKey } from "../lib/new-task.ts";
import { contribute } from "../lib/node-status.ts";
import { onStopping, type Resources, resourcesOf } from "../lib/resources.ts";
import { cancelTask, scopeOf, taskIdOf, viewTask } from "../lib/tasks.ts";
import { attemptView } from "../lib/views.ts";
import { refusalFrom, refusalTo } from "../lib/wire-errors.ts";
import { Acceptance, type Origin } from "./acceptance.ts";
import { ClaimDesk } from "./claim-desk.ts";
import { schedulerStatus } from "./figures.ts";
import { Folder } from "./folder.ts";
import { JobMaker } from "./jobs.ts";
import { KeepAliveOff } from "./keep-alive.ts";
import { Reconciler } from "./reconciler.ts";
import { Recorder } from "./recorder.ts";
import { Sweeper } from "./sweeper.ts";

/** Tasks in one batch. */
const MAX_BATCH = 1000;

let resources: Resources;
let acceptance: Acceptance;
let desk: ClaimDesk;
let jobs: JobMaker;
let recorder: Recorder;
let keepAliveOff: KeepAliveOff;

const scheduler: ServiceSchema = {
  name: "scheduler",

  actions: actionsOf<"scheduler">({
    submit: async (task, ctx) => {
      acceptance.checkLoad();
      const spec = parseTask(task, resources.clock.now());
      return { taskId: await acceptance.accept(spec, originOf(ctx)) };
    },

    submitBatch: async (params, ctx) => {
      acceptance.checkLoad();
      const tasks = batchOf(params);
      const origin = originOf(ctx);
      const { taskIds = [] } = ctx.meta;
      const results = tasks.map((task, i) =>
        submitItem(task, { ...origin, ...itemKey(origin, i), taskId: taskIds[i] ?? null }),
      );
      return { results: await Promise.all(results) };
    },

    submitMany: async ({ items }, ctx) => {
      const results = await Promise.all(items.map((item) => submitOne(item, ctx)));
      // The database is away: another scheduler may reach it.
      const first = results[0] as SubmissionResult;
      if (results.every((result) => "refusal" in result && result.refusal.type === "unavailable"))
        throw refusalFrom((first as { refusal: WireRefusal }).refusal);
      return { results };
    },

    get: async ({ taskId }, ctx) => viewTask(resources, scopeOf(ctx), taskIdOf(taskId)),

    attempts: async ({ taskId }, ctx) => {
      const attempts = await findAttempts(resources.db, scopeOf(ctx), taskIdOf(taskId));
      return { items: attempts.map(attemptView), nextCursor: null };
    },

    cancel: async (params, ctx) => cancelTask(resources, ctx, params),

    health: async () => {
      const parts = {
        database: await problemOf(pingDatabase(resources.db)),
        dueSet: await problemOf(resources.due.counts()),
      };
      return { ok: Object.values(parts).every((problem) => problem === null), parts };
    },

    claim: async (request, ctx) => desk.claim(request, ctx.nodeID ?? ""),

    extend: async ({ holder, entries }) => {
      const { clock, due } = resources;
      const askedAt = performance.now();
      const lost = await due.extend(holder, entries);
      const sentBy = clock.after(millis(askedAt - performance.now()));
      return { lost: lost.map(({ taskId }) => taskId), sentBy, reached: clock.now() };
    },

    release: async ({ holder, entries }) => {
      await resources.due.release(holder, entries);
      return {};
    },

    report: async ({ holder, outcomes }) => {
      await recorder.report(holder, outcomes);
      return {};
    },
  }),

  events: {
    ...eventsOf({
      "access.changed": ({ kind, id }) => {
        if (kind === "app") jobs.forgetSecrets(id);
      },
      "destination.changed": ({ lane, keepAlive }) => keepAliveOff.set(lane, keepAlive),
    }),
    "$node.disconnected": {
      handler(ctx) {
        desk.dropNode((ctx.params as { node: { id: string } }).node.id);
      },
    },
  },

  async started() {
    resources = resourcesOf(this.broker);
    keepAliveOff = new KeepAliveOff();
    jobs = new JobMaker(resources, keepAliveOff, this.logger);
    desk = new ClaimDesk(resources, jobs, this.logger, this.broker.nodeID);
    acceptance = new Acceptance(resources, (tasks) => {
      desk.offer(tasks);
      resources.announce.changed("task.accepted", tasks);
    });
    recorder = new Recorder(resources, this.broker, this.logger);
    const reconciler = new Reconciler(resources, keepAliveOff, this.logger);
    reconciler.start();
    const folder = new Folder(resources, this.logger);
    folder.start();
    const sweeper = new Sweeper(resources, this.logger);
    sweeper.start();
    contribute(this.broker, schedulerStatus(resources.due, desk));
    onStopping(this.broker, "schedule", async () => {
      desk.close();
      await Promise.all([reconciler.stop(), folder.stop(), sweeper.stop()]);
    });
  },
};

export default scheduler;

/** The REST door says for whom it asks; other services of the cluster do not. */
function originOf(ctx: BidaContext): Origin {
  return {
    appId: ownerOf(scopeOf(ctx)),
    door: ctx.meta.scope ? "rest" : "rpc",
    sourceIp: ctx.meta.sourceIp ?? null,
    idempotencyKey: checkIdempotencyKey(ctx.meta.idempotencyKey),
    taskId: ctx.meta.taskIds?.[0] ?? null,
  };
}

/** One caller's task; what is wrong with it concerns nobody else. */
async function submitOne(item: Submission, ctx: BidaContext): Promise<SubmissionResult> {
  const { form, task, taskId, appId, sourceIp } = item;
  try {
    acceptance.checkLoad();
    const idempotencyKey = checkIdempotencyKey(item.idempotencyKey ?? undefined);
    const spec = form === "v1" ? parseTask(task, resources.clock.now()) : legacyTask(task);
    const door = form === "v1" ? "rest" : "legacy";
    const origin = { appId, door, sourceIp, idempotencyKey, taskId: taskId as TaskId } as const;
    return { taskId: await acceptance.accept(spec, origin) };
  } catch (error) {
    return { refusal: refusalTo(error, unexpectedIn(ctx)) };
  }
}

function legacyTask(request: unknown): TaskSpec {
  const parsed = parseLegacyTask(request);
  if ("refusal" in parsed) throw new BidaError("invalid_task", parsed.refusal);
  return parsed;
}

function batchOf(params: unknown): unknown[] {
  const tasks = (params as { tasks?: unknown } | null)?.tasks;
  const refuse = (message: string) =>
    new BidaError("invalid_task", undefined, { errors: [{ field: "tasks", message }] });
  if (!Array.isArray(tasks)) throw refuse("must be a list of tasks");
  if (tasks.length === 0 || tasks.length > MAX_BATCH) throw refuse(`takes 1 to ${MAX_BATCH} tasks`);
  const unknown = Object.keys(params as object).filter((key) => key !== "tasks");
  const errors = unknown.map((field): FieldError => ({ field, message: "is not a known field" }));
  if (errors.length > 0) throw new BidaError("invalid_task", undefined, { errors });
  return tasks;
}

/** A key for a whole batch is a key for each of its items, so that a repeated batch repeats nothing. */
const itemKey = ({ idempotencyKey }: Origin, i: number): Pick<Origin, "idempotencyKey"> => ({
  idempotencyKey: idempotencyKey === null ? null : `${idempotencyKey}#${i}`,
});

async function submitItem(task: unknown, origin: Origin): Promise<BatchResult> {
  try {
    const spec: TaskSpec = parseTask(task, resources.clock.now());
    return { taskId: await acceptance.accept(spec, origin) };
  } catch (error) {
    if (!(error instanceof BidaError) || error.status >= 500) throw error;
    const errors =
      error.errors.length > 0 ? error.errors : [{ field: "idempotencyKey", message: error.message }];
    return { errors };
  }
}

async function problemOf(check: Promise<unknown>): Promise<string | null> {
  try {
    await check;
    return null;
  } catch (error) {
    return (error as Error).message;
  }
}
