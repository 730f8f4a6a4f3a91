/** A task's time: its calls, the pauses between them, and the calls that are to come. Pure; moments are epoch ms. */
import type { Attempt, Task } from "../api/types.ts";

export interface Called {
  kind: "call";
  n: number;
  from: number;
  to: number;
  attempt: Attempt;
  /** Since the end of the call before it, or since the task was accepted; null where the one before it is not known. */
  pause: number | null;
}

export interface Planned {
  kind: "planned";
  n: number;
  from: number;
  to: number;
  /** Since the planned call before it, or the last call. */
  pause: number;
}

export interface Timeline {
  calls: Called[];
  planned: Planned[];
  /** The stretch that all of it takes, up to now where the task is open. */
  from: number;
  to: number;
  /** The same without what is to come. */
  soFar: number;
}

type Timed = Pick<Task, "createdAt" | "finishedAt" | "callCount"> & { plannedCalls?: string[] };

/**
 * @param attempts in any order; of a task with many the newest
 * @param now where an open task has come to
 */
export function timelineOf(task: Timed, attempts: readonly Attempt[], now: number): Timeline {
  const created = Date.parse(task.createdAt);
  const calls: Called[] = [];
  for (const attempt of attempts.toSorted((a, b) => a.n - b.n)) {
    const from = Date.parse(attempt.startedAt);
    const before = calls.at(-1);
    const since = before?.n === attempt.n - 1 ? before.to : attempt.n === 1 ? created : null;
    // Clocks of two nodes may differ by a little.
    const pause = since === null ? null : Math.max(0, from - since);
    calls.push({ kind: "call", n: attempt.n, from, to: from + attempt.durationMs, attempt, pause });
  }
  const first = calls[0];
  const from = first && first.n > 1 ? first.from : Math.min(created, first?.from ?? created);
  const last = calls.at(-1)?.to ?? from;
  const planned: Planned[] = [];
  for (const text of task.plannedCalls ?? []) {
    const at = Date.parse(text);
    const before = planned.at(-1)?.from ?? last;
    const pause = Math.max(0, at - before);
    planned.push({ kind: "planned", n: task.callCount + planned.length + 1, from: at, to: at, pause });
  }
  const end = task.finishedAt === null ? now : Date.parse(task.finishedAt);
  const soFar = Math.max(last, end, from);
  return { calls, planned, from, soFar, to: Math.max(soFar, planned.at(-1)?.to ?? 0) };
}
