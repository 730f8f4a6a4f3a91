/** One batch of a change of many tasks: the transaction, and what follows it, as for a single task. */
import type { AuditEntry } from "../../core/audit.ts";
import type { BulkAction, JobKind } from "../../core/bulk.ts";
import { BidaError } from "../../core/errors.ts";
import { type DueEntry, dueEntryOf } from "../../core/job.ts";
import { cancel, resolve, retryByHand } from "../../core/task.ts";
import { recordAudits } from "../../store/audit.ts";
import {
  type Around,
  type Candidate,
  changeTasks,
  type ManyChanged,
  type Rule,
} from "../../store/change-many.ts";
import { isHanded } from "../../store/handovers.ts";
import type { LockedTask } from "../../store/rows.ts";
import type { Resources } from "../node/resources.ts";
import { letGo, progressOf } from "../tasks/tasks.ts";

/** Tasks in one transaction. */
export const BATCH = 200;

/** Who does it, and why; `group`: as part of what. */
export type By = Pick<AuditEntry, "actor" | "sourceIp" | "requestPath" | "note" | "group">;

export const actionOf = (kind: JobKind): BulkAction => (kind === "replay" ? "retry" : kind);

const CHANGED = {
  retry: "task.retried",
  cancel: "task.canceled",
  resolve: "task.resolved",
} as const;

/**
 * Changes up to {@link BATCH} tasks; each that was changed is in the audit log.
 * @param around `isMeant` is asked with the task locked; where it says no, the task is skipped
 */
export async function applyTo(
  resources: Resources,
  action: BulkAction,
  candidates: Candidate[],
  by: By,
  { isMeant = () => true, ...around }: Around & { isMeant?: (task: LockedTask) => boolean } = {},
): Promise<ManyChanged> {
  const { db, due, clock, teller } = resources;
  const entries = candidates.flatMap(({ entry }) => entry ?? []);
  const now = clock.now();
  const changed = await changeTasks(
    db,
    candidates.map(({ taskId }) => taskId),
    now,
    whereMeant(isMeant, await ruleOf(resources, action, entries)),
    {
      ...around,
      async after(within, all) {
        const audited = all.changes.map(({ before, after }) => ({
          at: now,
          ...by,
          action: `task.${action}`,
          target: { type: "task", id: after.taskId },
          before: progressOf(before),
          after: progressOf(after),
        }));
        await recordAudits(within, audited);
        await around.after?.(within, all);
      },
    },
  );
  const { changes, released } = changed;
  await letGo(resources, released);
  // Where Redis is away, the reconciler adds what is due, and what was canceled is dropped when it is claimed.
  if (action === "retry") {
    const waited = new Set(entries.map(({ taskId }) => taskId));
    // Where its row is the lease of a call, which was canceled before it ended, it is called when that time is over.
    const free = changes.filter(({ after }) => !isHanded(after, clock.now()));
    const called = free.flatMap(({ after }) => dueEntryOf(after) ?? []);
    const back = called.filter(({ taskId }) => !waited.has(taskId));
    if (back.length > 0) await due.add(back).catch(() => undefined);
    for (const entry of called) if (waited.has(entry.taskId)) await due.move(entry).catch(() => undefined);
  } else if (action === "cancel") {
    const gone = changes.flatMap(({ before }) => dueEntryOf(before) ?? []);
    if (gone.length > 0) await due.remove(gone).catch(() => undefined);
  }
  teller.tell({ type: CHANGED[action], tasks: changes.map(({ after }) => after), together: true });
  return changed;
}

async function ruleOf({ due, clock }: Resources, action: BulkAction, entries: DueEntry[]): Promise<Rule> {
  if (action === "cancel") return (task) => cancel(task, clock.now());
  if (action === "resolve") return (task) => resolve(task, clock.now());
  // Without Redis nobody can say, as for a single task.
  const leased = entries.length > 0 ? await due.leasedAmong(entries).catch(() => new Set()) : new Set();
  return (task) => {
    const isLeased = leased.has(task.taskId) || isHanded(task, clock.now());
    return retryByHand(task, isLeased, false, clock);
  };
}

const whereMeant =
  (isMeant: (task: LockedTask) => boolean, rule: Rule): Rule =>
  (task) => {
    if (isMeant(task)) return rule(task);
    throw new BidaError("state_conflict", "it does not fit the filter any more");
  };

/** Sums up reasons. */
export function added(a: Record<string, number>, b: Record<string, number>): Record<string, number> {
  const sum = { ...a };
  for (const [reason, count] of Object.entries(b)) sum[reason] = (sum[reason] ?? 0) + count;
  return sum;
}
