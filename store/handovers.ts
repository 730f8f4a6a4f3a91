/** Tasks whose row is the lease of their first call (`handed_until`); docs/delivery.md, "The short way". */
import { type EpochMs, later } from "../core/clock.ts";
import { taskIdToBytes } from "../core/ids.ts";
import type { DueEntry } from "../core/job.ts";
import type { Database } from "./database.ts";
import { reading } from "./failures.ts";
import { type Row, type StoredTask, stateCode } from "./rows.ts";
import { AHEAD, entryOf } from "./waiting.ts";

/**
 * Whether its first call is some dispatcher's by the row alone; the due set may know of it too by now. What a clock wrote that was
 * {@link AHEAD} is past.
 */
export const isHanded = (
  {
    state,
    callCount,
    handedUntil,
    createdAt,
  }: Pick<StoredTask, "state" | "callCount" | "handedUntil" | "createdAt">,
  now: EpochMs,
): boolean =>
  state === "pending" &&
  callCount === 0 &&
  handedUntil !== null &&
  handedUntil > now &&
  createdAt <= later(now, AHEAD);

/**
 * Those that nobody has called in their time. Most were due when they were accepted, which bounds what is looked at.
 * @param since due from then on
 * @param limit how many at most, the earliest first
 * @param after behind this one
 */
export async function findEndedHandovers(
  db: Database,
  since: EpochMs,
  now: EpochMs,
  limit: number,
  after: DueEntry | null = null,
): Promise<DueEntry[]> {
  const query = handed(db, since, now)
    .where("handed_until", "<=", now)
    .orderBy([{ column: "next_call_at" }, { column: "task_id" }])
    .limit(limit);
  if (after !== null)
    query
      .where("next_call_at", ">=", after.dueAt)
      .whereRaw("(next_call_at > ? OR task_id > ?)", [after.dueAt, taskIdToBytes(after.taskId)]);
  const rows: Row[] = await reading(query);
  return rows.map(entryOf);
}

/** Those whose time is not over. Parameters as of {@link findEndedHandovers}. */
export async function findHanded(
  db: Database,
  since: EpochMs,
  now: EpochMs,
  limit: number,
): Promise<DueEntry[]> {
  const rows: Row[] = await reading(handed(db, since, now).where("handed_until", ">", now).limit(limit));
  return rows.map(entryOf);
}

const handed = (db: Database, since: EpochMs, now: EpochMs) =>
  db
    .knex("tasks")
    .select("task_id", "lane", "app_id", "call_count", "next_call_at")
    .where("state", stateCode("pending"))
    .whereBetween("next_call_at", [since, now])
    .where("call_count", 0);
