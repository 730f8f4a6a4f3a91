/** Waiting for what only shows when it is looked at. */
import { setTimeout as pause } from "node:timers/promises";

/** Between two looks, in ms. */
const LOOK = 20;

/**
 * Looks until it sees something truthy, and returns that.
 * @param what for the message, where the deadline passes first
 */
export async function until<T>(
  what: string,
  look: () => Promise<T> | T,
  deadlineMs = 15_000,
  lookMs = LOOK,
): Promise<NonNullable<T>> {
  const deadline = performance.now() + deadlineMs;
  let last: T;
  do {
    last = await look();
    if (last) return last;
    await pause(lookMs);
  } while (performance.now() < deadline);
  throw new Error(`not within ${deadlineMs} ms: ${what}`);
}
