/** Tasks whose row is the lease of their first call: they are being delivered too. */
import { type EpochMs, epochMs } from "../../core/clock.ts";
import type { TaskId } from "../../core/ids.ts";
import type { DueEntry } from "../../core/job.ts";
import { handedFor } from "../../core/lease.ts";
import { findHanded } from "../../store/handovers.ts";
import type { Resources } from "../node/resources.ts";

/** They were due when they were accepted: a little more than the time of a handover ago at most, in such times. */
const LOOK_BACK = 2;
/** No more than these are told apart. */
const LIMIT = 10_000;

type Parts = Pick<Resources, "db" | "due" | "config">;

/** @returns all of them; none where the database cannot be asked, as with leases that only Redis knows */
export async function handed({ db, config }: Omit<Parts, "due">, now: EpochMs): Promise<DueEntry[]> {
  // In one process there are none.
  if (config.redisUrl === null) return [];
  const since = epochMs(now - LOOK_BACK * handedFor(config.leaseMs));
  return findHanded(db, since, now, LIMIT).catch((): DueEntry[] => []);
}

/** @returns those that the due set does not count among its leases */
export async function handedOnly(parts: Parts, now: EpochMs): Promise<DueEntry[]> {
  const all = await handed(parts, now);
  if (all.length === 0) return [];
  const leased = await parts.due.leasedAmong(all).catch(() => new Set<TaskId>());
  return all.filter(({ taskId }) => !leased.has(taskId));
}
