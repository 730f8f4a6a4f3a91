/** What a change of many tasks would do: each kind of task is put before the rule that will decide (`ruleOf`). */
import type { BulkAction, BulkPreview } from "../../core/bulk.ts";
import type { Clock } from "../../core/clock.ts";
import { epochMs } from "../../core/clock.ts";
import { MAX_MANUAL_CALLS, type RetrySchedule, STATES, type TaskState } from "../../core/task.ts";
import { ruling } from "../../store/change-many.ts";
import type { Classes, TaskClass } from "../../store/classes.ts";
import { REPLACED } from "../../store/resends.ts";
import { added, type Ruled, ruleOf } from "./bulk-apply.ts";

export interface Previewed extends Classes {
  /** Of a selection: ids that no task has. */
  missing?: number;
}

export const MISSING = "there is no such task";

export function previewOf(
  { classes, atLeast, missing = 0 }: Previewed,
  action: BulkAction,
  schedule: RetrySchedule,
  clock: Clock,
): BulkPreview {
  const rule = ruleOf(action, schedule, clock);
  const states = new Map<TaskState, BulkPreview["states"][number]>();
  let skipped: Record<string, number> = missing > 0 ? { [MISSING]: missing } : {};
  for (const one of classes) {
    const state = one.leased ? "delivering" : one.state;
    const line = states.get(state) ?? { state, changed: 0, skipped: {} };
    states.set(state, line);
    const after = ruling(exampleOf(one), rule);
    if (typeof after === "string") {
      line.skipped = added(line.skipped, { [after]: one.count });
      skipped = added(skipped, { [after]: one.count });
    } else line.changed += one.count;
  }
  const lines = STATES.flatMap((state) => states.get(state) ?? []);
  return {
    looked: classes.reduce((sum, { count }) => sum + count, 0),
    atLeast,
    changed: lines.reduce((sum, { changed }) => sum + changed, 0),
    skipped,
    states: lines,
  };
}

/** One task as all of a class are. */
function exampleOf({ state, held, leased, worn, spent, replaced }: TaskClass): Ruled {
  const never = epochMs(8.64e15);
  return {
    state,
    callCount: spent ? MAX_MANUAL_CALLS + 1 : 0,
    manualCalls: worn ? MAX_MANUAL_CALLS : 0,
    nextCallAt: state === "pending" && !held ? never : null,
    finishedAt: null,
    lastError: null,
    limitCallCount: 1,
    retry: { strategy: "fixed", delayMs: 0 },
    expiresAt: null,
    expect: null,
    leased,
    replaced: replaced && REPLACED[replaced],
  };
}
