/** What waits: in the due set, behind others of its order, and for how long. */
import type { QueueView, StatsNow } from "../../core/contract.ts";
import { countHeld } from "../../store/waiting.ts";
import type { Resources } from "../node/resources.ts";

/** Held tasks are counted up to so many: no page counts a big table. */
const MOST_HELD = 10_000;

/** @throws BidaError unavailable */
export async function queueView(
  { db, due }: Pick<Resources, "db" | "due">,
  { tasks, oldestWaiting }: StatsNow,
): Promise<QueueView> {
  const [counts, held] = await Promise.all([due.counts().catch(() => null), countHeld(db, MOST_HELD + 1)]);
  return {
    open: tasks.pending,
    places: counts && { due: counts.ready, calling: counts.leased, soon: counts.waiting },
    held: { count: Math.min(held, MOST_HELD), more: held > MOST_HELD },
    oldest: oldestWaiting,
  };
}
