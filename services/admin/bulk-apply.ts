/** One batch of a change of many tasks: the transaction, and what follows it, as for a single task. */
import type { AuditEntry } from "../../core/audit.ts";
import type { BulkAction, JobKind } from "../../core/bulk.ts";
import type { Clock } from "../../core/clock.ts";
import { BidaError } from "../../core/errors.ts";
import type { TaskId } from "../../core/ids.ts";
import { type DueEntry, dueEntryOf } from "../../core/job.ts";
import {
  cancel,
  type Limits,
  type Progress,
  type RetrySchedule,
  resolve,
  retryByHand,
} from "../../core/task.ts";
import { recordAudits } from "../../store/audit.ts";
import {
  type Around,
  type Candidate,
  changeTasks,
  type ManyChanged,
  type Rule,
} from "../../store/change-many.ts";
import { isHanded } from "../../store/handovers.ts";
import { REPLACED, replacementsOf } from "../../store/resends.ts";
import type { LockedTask } from "../../store/rows.ts";
import type { Resources } from "../node/resources.ts";
import { grantOf, letGo, progressOf } from "../tasks/tasks.ts";

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

/** More of a batch. */
export interface Batch extends Around {
  /** Asked with the task locked; where it says no, the task is skipped. */
  isMeant?: (task: LockedTask) => boolean;
  /** What a retry grants; default: once. */
  schedule?: RetrySchedule;
}

/**
 * Changes up to {@link BATCH} tasks; each that was changed is in the audit log. Of a retry those are left out that a copy
 * stands for.
 */
export async function applyTo(
  resources: Resources,
  action: BulkAction,
  candidates: Candidate[],
  by: By,
  { isMeant = () => true, schedule = "once", ...around }: Batch = {},
): Promise<ManyChanged> {
  const { db, due, repeats, clock, teller } = resources;
  const entries = candidates.flatMap(({ entry }) => entry ?? []);
  const now = clock.now();
  const leased = await leasedAmong(resources, action, entries);
  const rule = ruleOf(action, schedule, clock);
  const replaced = new Map<TaskId, string>();
  const changed = await changeTasks(
    db,
    candidates.map(({ taskId }) => taskId),
    now,
    (task) => {
      if (!isMeant(task)) throw notNow("it does not fit the filter any more");
      const isLeased = leased.has(task.taskId) || isHanded(task, clock.now());
      return rule({ ...task, leased: isLeased, replaced: replaced.get(task.taskId) ?? null });
    },
    {
      async before(within) {
        await around.before?.(within);
        if (action !== "retry") return;
        for (const [taskId, { state }] of await replacementsOf(within, candidates))
          replaced.set(taskId, REPLACED[state]);
      },
      async after(within, all) {
        const audited = all.changes.map(({ before, after }) => ({
          at: now,
          ...by,
          action: `task.${action}`,
          target: { type: "task", id: after.taskId },
          before: progressOf(before),
          after: { ...progressOf(after), ...grantOf(schedule) },
        }));
        await recordAudits(within, audited);
        await around.after?.(within, all);
      },
    },
  );
  const { changes, released } = changed;
  await letGo(resources, released);
  // Where Redis is away, it hears of it when it is back, and what was canceled is dropped when it is claimed.
  if (action === "retry") {
    const waited = new Set(entries.map(({ taskId }) => taskId));
    // Where its row is the lease of a call, which was canceled before it ended, it is called when that time is over.
    const free = changes.filter(({ after }) => !isHanded(after, clock.now()));
    const called = free.flatMap(({ after }) => dueEntryOf(after) ?? []);
    const back = called.filter(({ taskId }) => !waited.has(taskId));
    if (back.length > 0) await repeats.add(back).catch(() => undefined);
    await repeats.move(called.filter(({ taskId }) => waited.has(taskId)));
  } else if (action === "cancel") {
    const gone = changes.flatMap(({ before }) => dueEntryOf(before) ?? []);
    if (gone.length > 0) await due.remove(gone).catch(() => undefined);
  }
  teller.tell({ type: CHANGED[action], tasks: changes.map(({ after }) => after), together: true });
  return changed;
}

/** Of these, the tasks that are being called. Without Redis nobody can say, as for a single task. */
async function leasedAmong(
  { due }: Resources,
  action: BulkAction,
  entries: DueEntry[],
): Promise<ReadonlySet<TaskId>> {
  if (action !== "retry" || entries.length === 0) return new Set();
  return due.leasedAmong(entries).catch(() => new Set<TaskId>());
}

/** What a rule on many tasks looks at, beside the task. */
export type Ruled = Progress &
  Limits & {
    /** Whether it is being called. */
    leased: boolean;
    /** Why a copy stands for it; null: none does. */
    replaced: string | null;
  };

/** What an action makes of one of many tasks, before and while it is done: previews ask the same rule. It throws where it refuses. */
export function ruleOf(
  action: BulkAction,
  schedule: RetrySchedule,
  clock: Clock,
): (task: Ruled) => ReturnType<Rule> {
  if (action === "cancel") return (task) => cancel(task, clock.now());
  if (action === "resolve") return (task) => resolve(task, clock.now());
  return (task) => {
    const after = retryByHand(task, task.leased, false, clock, schedule);
    if (task.replaced !== null) throw notNow(task.replaced);
    return after;
  };
}

const notNow = (why: string): BidaError => new BidaError("state_conflict", why);

/** Sums up reasons. */
export function added(a: Record<string, number>, b: Record<string, number>): Record<string, number> {
  const sum = { ...a };
  for (const [reason, count] of Object.entries(b)) sum[reason] = (sum[reason] ?? 0) + count;
  return sum;
}
