/** Reading and changing single tasks: what scheduler and admin both offer. The one place where a call gets its scope. */
import type { TaskView } from "../../core/contract.ts";
import { BidaError } from "../../core/errors.ts";
import { parseTaskId, type TaskId } from "../../core/ids.ts";
import { dueEntryOf } from "../../core/job.ts";
import { cancel, resolve, retryByHand } from "../../core/task.ts";
import { changeTask } from "../../store/change.ts";
import { findTask } from "../../store/read.ts";
import type { StoredTask } from "../../store/rows.ts";
import { EVERYTHING, type Scope } from "../../store/scope.ts";
import type { BidaContext } from "./bus.ts";
import { announceChange } from "./changes.ts";
import type { Resources } from "./resources.ts";
import { taskView } from "./views.ts";

/** Who asks. Other services of the cluster see everything. */
export const scopeOf = (ctx: BidaContext): Scope => ctx.meta.scope ?? EVERYTHING;

/** @throws BidaError not_found for what cannot be an id */
export function taskIdOf(text: unknown): TaskId {
  const id = typeof text === "string" ? parseTaskId(text) : null;
  if (id === null) throw new BidaError("not_found", "No such task");
  return id;
}

export async function viewTask(resources: Resources, scope: Scope, taskId: TaskId): Promise<TaskView> {
  const task = await findTask(resources.db, scope, taskId);
  return taskView(task, await isLeased(resources, task));
}

/** Ends an open task. A call that is under way is recorded, and changes nothing. */
export async function cancelTask(resources: Resources, scope: Scope, taskId: TaskId): Promise<TaskView> {
  const now = resources.clock.now();
  const { before, after } = await changeTask(resources.db, scope, taskId, now, (task) => cancel(task, now));
  announceChange(resources.log, "canceled", after);
  const entry = dueEntryOf(before);
  // An entry that stays is dropped when it is claimed: the row decides.
  if (entry) await resources.due.remove([entry]).catch(() => undefined);
  return taskView(after, false);
}

export async function resolveTask(resources: Resources, scope: Scope, taskId: TaskId): Promise<TaskView> {
  const now = resources.clock.now();
  const { after } = await changeTask(resources.db, scope, taskId, now, (task) => resolve(task, now));
  announceChange(resources.log, "resolved", after);
  return taskView(after, false);
}

/** Calls a task again, now. @param force also a succeeded one */
export async function retryTask(
  resources: Resources,
  scope: Scope,
  taskId: TaskId,
  force: boolean,
): Promise<TaskView> {
  const { db, due, clock } = resources;
  const leased = await isLeased(resources, await findTask(db, scope, taskId));
  const now = clock.now();
  const { before, after } = await changeTask(db, scope, taskId, now, (task) =>
    retryByHand(task, leased, force, clock),
  );
  if (after.manualCalls !== before.manualCalls) announceChange(resources.log, "retried", after);
  const entry = dueEntryOf(after);
  // Where it was claimed meanwhile, that call is the one asked for. Where Redis is away, the reconciler adds it.
  if (entry) await due.move(entry).catch(() => undefined);
  return viewTask(resources, scope, taskId);
}

async function isLeased({ due }: Resources, task: StoredTask): Promise<boolean> {
  const entry = dueEntryOf(task);
  if (entry === null) return false;
  // Without Redis nobody can say; the row's own state is shown.
  return due.leasedAmong([entry]).then(
    (leased) => leased.size > 0,
    () => false,
  );
}
