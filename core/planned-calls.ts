/** The calls of a task that are still to come. Pure. */
import { type EpochMs, later } from "./clock.ts";
import { retryDelay } from "./retry.ts";
import type { Limits, Progress } from "./task.ts";

/**
 * When a pending task is called if each call fails at once and without `Retry-After`: no call comes before its time here.
 * The next one first; none where it has ended or is held back by another task.
 */
export function plannedCalls(task: Progress & Limits): EpochMs[] {
  const { state, nextCallAt, callCount, manualCalls, limitCallCount, retry, expiresAt } = task;
  const planned: EpochMs[] = [];
  if (state !== "pending") return planned;
  // As `afterAttempt` counts: the next call is one of the schedule's, unless those are used up and it was asked for by hand.
  let automatic = callCount - manualCalls;
  for (let at = nextCallAt; at !== null && (expiresAt === null || at < expiresAt); ) {
    planned.push(at);
    automatic += 1;
    at = automatic < limitCallCount ? later(at, retryDelay(retry, automatic, null, 0)) : null;
  }
  return planned;
}
