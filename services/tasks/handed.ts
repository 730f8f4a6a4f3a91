/** Tasks whose row is the lease of their first call: they are being delivered too. */
import { type EpochMs, epochMs } from "../../core/clock.ts";
import type { TaskId } from "../../core/ids.ts";
import { findHanded } from "../../store/handovers.ts";
import type { Resources } from "../node/resources.ts";

/** They were due when they were accepted: a little more than a lease ago at most, in leases. */
const LOOK_BACK = 2;
/** No more than these are told apart; there is no more room in dispatchers for a quiet destination each. */
const LIMIT = 10_000;

/** @returns their ids; none where the database cannot be asked, as with leases that only Redis knows */
export async function handedIds(
  { db, config }: Pick<Resources, "db" | "config">,
  now: EpochMs,
): Promise<TaskId[]> {
  // In one process there are none.
  if (config.redisUrl === null) return [];
  const since = epochMs(now - LOOK_BACK * config.leaseMs);
  return findHanded(db, since, now, LIMIT).catch((): TaskId[] => []);
}
