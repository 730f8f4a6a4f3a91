/** What waits: in the due set, behind others of its order, and for how long. */
import type { QueueView, StatsNow } from "../../core/contract.ts";
import { countHeld } from "../../store/waiting.ts";
import type { Resources } from "../node/resources.ts";
import { handedOnly } from "../tasks/handed.ts";

/** Held tasks are counted up to so many: no page counts a big table. */
const MOST_HELD = 10_000;

/** @throws BidaError unavailable */
export async function queueView(
  resources: Pick<Resources, "db" | "due" | "clock" | "config">,
  { tasks, oldestWaiting }: StatsNow,
): Promise<QueueView> {
  const { db, due, clock } = resources;
  const [counts, held, inRows] = await Promise.all([
    due.counts().catch(() => null),
    countHeld(db, MOST_HELD + 1),
    handedOnly(resources, clock.now()),
  ]);
  return {
    open: tasks.pending,
    places: counts && { due: counts.ready, calling: counts.leased + inRows.length, soon: counts.waiting },
    held: { count: Math.min(held, MOST_HELD), more: held > MOST_HELD },
    oldest: oldestWaiting,
  };
}
