/** Reading and changing single tasks: what scheduler and admin both offer. The one place where a call gets its scope. */
import { seesMasks } from "../../core/caller.ts";
import type { AttemptView, TaskView } from "../../core/contract.ts";
import { BidaError } from "../../core/errors.ts";
import { parseTaskId, type TaskId } from "../../core/ids.ts";
import { dueEntryOf } from "../../core/job.ts";
import { plannedCalls } from "../../core/planned-calls.ts";
import { endSchema, revealAttemptSchema } from "../../core/schema/tasks.ts";
import { cancel, type RetrySchedule, resolve, retryByHand } from "../../core/task.ts";
import { parseWith } from "../../core/task-schema.ts";
import { recordAudit } from "../../store/audit.ts";
import { changeTask } from "../../store/change.ts";
import { isHanded } from "../../store/handovers.ts";
import { holderOf } from "../../store/lines.ts";
import { attemptPage } from "../../store/payloads.ts";
import { findTask } from "../../store/read.ts";
import { copiesOf, originalOf, replacementsOf } from "../../store/resends.ts";
import type { LockedTask, StoredTask } from "../../store/rows.ts";
import { EVERYTHING, type Scope } from "../../store/scope.ts";
import type { BidaContext } from "../bus/types.ts";
import type { Resources } from "../node/resources.ts";
import { originOfCall } from "./audit.ts";
import { withApp } from "./calling-app.ts";
import type { DueRepeats } from "./due-repeats.ts";
import { attemptView, taskView } from "./views.ts";

/** Who asks. Other services of the cluster see everything. */
export const scopeOf = (ctx: BidaContext): Scope => ctx.meta.scope ?? EVERYTHING;

/** Whether the JSON in views of tasks is wanted as text. */
export const isExact = (ctx: BidaContext): boolean => ctx.meta.exact === true;

/** Whether who asks sees tasks without their secrets. */
export const isMasked = ({ meta }: BidaContext): boolean => seesMasks(meta.actor);

/** @throws BidaError not_found for what cannot be an id */
export function taskIdOf(text: unknown): TaskId {
  const id = typeof text === "string" ? parseTaskId(text) : null;
  if (id === null) throw new BidaError("not_found", "No such task");
  return id;
}

export async function viewTask(
  resources: Resources,
  ctx: BidaContext,
  taskId: TaskId,
  masked: boolean = isMasked(ctx),
): Promise<TaskView> {
  const task = await findTask(resources.db, scopeOf(ctx), taskId);
  const [leased, heldBy, original, resentAs, named] = await Promise.all([
    isLeased(resources, task),
    holderOf(resources.db, task),
    originalOf(resources.db, taskId),
    copiesOf(resources.db, taskId),
    withApp(resources.db, task, {}),
  ]);
  const isAlone = original === null && resentAs.length === 0;
  const replaced = isAlone ? undefined : (await replacementsOf(resources.db, [task])).get(taskId);
  const planned = plannedCalls(task).map((at) => new Date(at).toISOString());
  return {
    ...taskView(task, leased, isExact(ctx), masked),
    ...named,
    heldBy,
    resendOf: original?.taskId ?? null,
    resentAs,
    replacedBy: replaced ?? null,
    resolvesOriginal: original?.resolves ?? false,
    plannedCalls: planned,
  };
}

/** Has tasks called that the end of another one let go. Where Redis is away, that is done when it is back. */
export async function letGo(
  { repeats }: { repeats: Pick<DueRepeats, "add"> },
  released: (LockedTask | null)[],
): Promise<void> {
  const entries = released.flatMap((task) => (task && dueEntryOf(task)) ?? []);
  if (entries.length > 0) await repeats.add(entries).catch(() => undefined);
}

/** Parameters of a cancel or a resolve, as they came. */
type EndParams = { taskId: string; note?: string };

/** Ends an open task. A call that is under way is recorded, and changes nothing. */
export async function cancelTask(
  resources: Resources,
  ctx: BidaContext,
  params: EndParams,
): Promise<TaskView> {
  const { taskId, note } = parseWith(endSchema, params, "invalid_body");
  const now = resources.clock.now();
  const rule: Rule = (task) => cancel(task, now);
  const id = taskIdOf(taskId);
  const { before, after, released } = await changeByHand(resources, ctx, "task.cancel", id, rule, note);
  await letGo(resources, [released]);
  const entry = dueEntryOf(before);
  // An entry that stays is dropped when it is claimed: the row decides.
  if (entry) await resources.due.remove([entry]).catch(() => undefined);
  resources.teller.tell({ type: "task.canceled", tasks: [after] });
  return withApp(resources.db, after, taskView(after, false, isExact(ctx), isMasked(ctx)));
}

export async function resolveTask(
  resources: Resources,
  ctx: BidaContext,
  params: EndParams,
): Promise<TaskView> {
  const { taskId, note } = parseWith(endSchema, params, "invalid_body");
  const now = resources.clock.now();
  const rule: Rule = (task) => resolve(task, now);
  const { after } = await changeByHand(resources, ctx, "task.resolve", taskIdOf(taskId), rule, note);
  resources.teller.tell({ type: "task.resolved", tasks: [after] });
  return withApp(resources.db, after, taskView(after, false, isExact(ctx), isMasked(ctx)));
}

/** A task with its secrets. Who looked is on record before it is shown. */
export async function revealTask(
  resources: Resources,
  ctx: BidaContext,
  params: EndParams,
): Promise<TaskView> {
  const { db, clock } = resources;
  const { taskId, note } = parseWith(endSchema, params, "invalid_body");
  const id = taskIdOf(taskId);
  const task = await viewTask(resources, ctx, id, false);
  await recordAudit(db, {
    at: clock.now(),
    ...originOfCall(ctx),
    action: "task.reveal",
    target: { type: "task", id },
    note: note ?? null,
  });
  return task;
}

/** One of its attempts with the secrets of what was answered, likewise. @throws BidaError not_found */
export async function revealAttempt(
  { db, clock }: Resources,
  ctx: BidaContext,
  params: { taskId: string; n: number; note?: string },
): Promise<AttemptView> {
  const { taskId, n, note } = parseWith(revealAttemptSchema, params, "invalid_body");
  const id = taskIdOf(taskId);
  const wanted = { order: "oldest", limit: 1, cursor: String(n - 1) } as const;
  const [attempt] = (await attemptPage(db, scopeOf(ctx), id, wanted)).items;
  if (attempt?.n !== n) throw new BidaError("not_found", "No such attempt");
  await recordAudit(db, {
    at: clock.now(),
    ...originOfCall(ctx),
    action: "task.reveal",
    target: { type: "task", id },
    after: { attempt: n },
    note: note ?? null,
  });
  return attemptView(attempt);
}

/** What a retry of one task may ask for. */
interface RetryOptions {
  /** Also a succeeded one. */
  force: boolean;
  schedule: RetrySchedule;
  note?: string | undefined;
}

/** Calls a task again, now. */
export async function retryTask(
  resources: Resources,
  ctx: BidaContext,
  taskId: TaskId,
  { force, schedule, note }: RetryOptions,
): Promise<TaskView> {
  const { db, repeats, clock } = resources;
  const leased = await isLeased(resources, await findTask(db, scopeOf(ctx), taskId));
  const rule: Rule = (task) => retryByHand(task, leased, force, clock, schedule);
  const { before, after } = await changeByHand(resources, ctx, "task.retry", taskId, rule, note, schedule);
  // One that was due already is called once, however often it is asked for.
  if (after.manualCalls !== before.manualCalls || after.nextCallAt !== before.nextCallAt)
    resources.teller.tell({ type: "task.retried", tasks: [after] });
  const entry = dueEntryOf(after);
  // Where it was claimed meanwhile, that call is the one asked for. Where its row is the lease of a call, which was canceled
  // before it ended, it is called when that time is over.
  if (entry && !isHanded(after, clock.now())) await repeats.move([entry]);
  return viewTask(resources, ctx, taskId);
}

type Rule = Parameters<typeof changeTask>[4];

/** A change and its entry in the audit log: both, or neither. */
function changeByHand(
  { db, clock }: Resources,
  ctx: BidaContext,
  action: string,
  taskId: TaskId,
  rule: Rule,
  note: string | undefined,
  schedule: RetrySchedule = "once",
): ReturnType<typeof changeTask> {
  const now = clock.now();
  return changeTask(db, scopeOf(ctx), taskId, now, rule, (within, { before, after }) =>
    recordAudit(within, {
      at: now,
      ...originOfCall(ctx),
      action,
      target: { type: "task", id: taskId },
      before: progressOf(before),
      after: { ...progressOf(after), ...grantOf(schedule) },
      note: note ?? null,
    }),
  );
}

/** What the audit log says of a task. */
export const progressOf = ({ state, callCount, nextCallAt }: LockedTask) => ({
  state,
  callCount,
  nextCallAt: nextCallAt === null ? null : new Date(nextCallAt).toISOString(),
});

/** What the audit log says of what a retry granted: only what is out of the usual. */
export const grantOf = (schedule: RetrySchedule) => (schedule === "whole" ? { schedule } : {});

async function isLeased({ due, clock }: Resources, task: StoredTask): Promise<boolean> {
  if (isHanded(task, clock.now())) return true;
  const entry = dueEntryOf(task);
  if (entry === null) return false;
  // Without Redis nobody can say; the row's own state is shown.
  return due.leasedAmong([entry]).then(
    (leased) => leased.size > 0,
    () => false,
  );
}
