/** Accepts tasks, keeps what is due, hands it to dispatchers, records what came of it. */
import type { ServiceSchema } from "moleculer";
import { millis } from "../../core/clock.ts";
import type { BatchResult, Submission, SubmissionResult, WireRefusal } from "../../core/contract.ts";
import { BidaError } from "../../core/errors.ts";
import type { TaskId } from "../../core/ids.ts";
import { parseLegacyTask } from "../../core/legacy.ts";
import { readTask } from "../../core/parse-task.ts";
import { probeDatabase } from "../../store/database.ts";
import { findAttempts } from "../../store/read.ts";
import { ownerOf } from "../../store/scope.ts";
import { actionsOf, eventsOf, unexpectedIn } from "../bus/bus.ts";
import type { BidaContext } from "../bus/types.ts";
import { refusalFrom, refusalTo } from "../bus/wire-errors.ts";
import { contribute } from "../node/node-status.ts";
import { onStopping, type Resources, resourcesOf } from "../node/resources.ts";
import { checkIdempotencyKey, type IdempotencyKey, ownKeyOf } from "../tasks/idempotency.ts";
import { batchOf, textOf } from "../tasks/task-text.ts";
import { cancelTask, scopeOf, taskIdOf, viewTask } from "../tasks/tasks.ts";
import { attemptView } from "../tasks/views.ts";
import { Acceptance, type Origin } from "./acceptance.ts";
import { ClaimDesk } from "./claim-desk.ts";
import { schedulerStatus } from "./figures.ts";
import { Folder } from "./folder.ts";
import { JobMaker } from "./jobs.ts";
import { KeepAliveOff } from "./keep-alive.ts";
import { Reconciler } from "./reconciler.ts";
import { Recorder } from "./recorder.ts";
import { Sweeper } from "./sweeper.ts";

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
      const key = checkIdempotencyKey(ctx.meta.idempotencyKey);
      const form = readTask(textOf(task));
      return { taskId: await acceptance.submit(form, originOf(ctx), taskKey(key)) };
    },

    submitBatch: async (params, ctx) => {
      acceptance.checkLoad();
      const tasks = batchOf(params);
      const origin = originOf(ctx);
      const key = checkIdempotencyKey(ctx.meta.idempotencyKey);
      const { taskIds = [] } = ctx.meta;
      const results = tasks.map((task, index) =>
        submitItem(
          task,
          { ...origin, taskId: taskIds[index] ?? null },
          key === null ? null : { kind: "batch", key, index },
        ),
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

    get: async ({ taskId }, ctx) => viewTask(resources, ctx, taskIdOf(taskId)),

    attempts: async ({ taskId }, ctx) => {
      const attempts = await findAttempts(resources.db, scopeOf(ctx), taskIdOf(taskId));
      return { items: attempts.map(attemptView), nextCursor: null };
    },

    cancel: async (params, ctx) => cancelTask(resources, ctx, params),

    health: async () => {
      const parts = {
        database: await problemOf(probeDatabase(resources.db)),
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
    taskId: ctx.meta.taskIds?.[0] ?? null,
  };
}

/** One caller's task; what is wrong with it concerns nobody else. */
async function submitOne(item: Submission, ctx: BidaContext): Promise<SubmissionResult> {
  const { form, task, taskId, appId, sourceIp } = item;
  try {
    acceptance.checkLoad();
    const origin = { appId, sourceIp, taskId: taskId as TaskId };
    if (form === "legacy") {
      const checked = parseLegacyTask(task);
      return { taskId: await acceptance.accept(checked, { ...origin, door: "legacy" }) };
    }
    const key = checkIdempotencyKey(item.idempotencyKey);
    const request = readTask(task);
    return { taskId: await acceptance.submit(request, { ...origin, door: "rest" }, taskKey(key)) };
  } catch (error) {
    return { refusal: refusalTo(error, unexpectedIn(ctx)) };
  }
}

const taskKey = (key: string | null): IdempotencyKey | null => (key === null ? null : { kind: "task", key });

/** @param batchKey what the batch's own key makes of this item's: a repeated batch repeats nothing */
async function submitItem(
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

async function problemOf(check: Promise<unknown>): Promise<string | null> {
  try {
    await check;
    return null;
  } catch (error) {
    return (error as Error).message;
  }
}
