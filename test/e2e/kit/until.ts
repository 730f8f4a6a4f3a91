/** Waiting for what only shows when it is looked at. */
import { setTimeout as pause } from "node:timers/promises";

/** On a busy machine, in ms. Nothing is shown by it: a test of how long something takes says so itself. */
export const PATIENCE = 45_000;
/** Between two looks at first, in ms. */
const LOOK = 20;
/**
 * Who has waited long looks less often, or the looks themselves keep a busy machine busy: a wait becomes a tenth longer
 * at most, and never more than this, in ms.
 */
const LONGEST_PAUSE = 100;

/**
 * Looks until it sees something truthy, and returns that.
 * @param what for the message, where the deadline passes first
 */
export async function until<T>(
  what: string,
  look: () => Promise<T> | T,
  deadlineMs = PATIENCE,
  lookMs = LOOK,
): Promise<NonNullable<T>> {
  const began = performance.now();
  const waited = () => performance.now() - began;
  let last: T;
  do {
    last = await look();
    if (last) return last;
    await pause(Math.max(lookMs, Math.min(waited() / 10, LONGEST_PAUSE)));
  } while (waited() < deadlineMs);
  throw new Error(`not within ${deadlineMs} ms: ${what}`);
}
