/** Open tasks by due time: what the reconciler compares the due set with, and what statistics call the oldest. */
import { type EpochMs, later, millis, minutes } from "../core/clock.ts";
import { taskIdFromBytes, taskIdToBytes } from "../core/ids.ts";
import type { DueEntry } from "../core/job.ts";
import type { Database } from "./database.ts";
import { reading, translated } from "./failures.ts";
import { type Row, stateCode } from "./rows.ts";
import type { Scope } from "./scope.ts";

/** Accepted further ahead than this: the clock was ahead then, and is right again. What such a row says of that time is past. */
export const AHEAD = minutes(1);

/**
 * The places of up to `limit` open tasks due before `until`, earliest first, behind `after`.
 * @param accepted tasks that were accepted later are left out, and those whose row is their lease at that time; but not those
 *   that are {@link AHEAD}, which nothing else would find until then
 */
export async function scanWaiting(
  db: Database,
  until: EpochMs,
  after: DueEntry | null,
  limit: number,
  accepted: { until: EpochMs; now: EpochMs } | null = null,
): Promise<DueEntry[]> {
  if (after !== null && after.dueAt >= until) return [];
  const open = () => {
    const query = db
      .knex("tasks")
      .select("task_id", "lane", "app_id", "call_count", "next_call_at")
      .where("state", stateCode("pending"));
    if (accepted === null) return query;
    return query.whereRaw(
      `(created_at > ? OR
       (created_at <= ? AND (handed_until IS NULL OR handed_until <= ? OR call_count > 0)))`,
      [later(accepted.now, AHEAD), accepted.until, accepted.now],
    );
  };
  const rest = open()
    .where("next_call_at", "<", until)
    .orderBy([{ column: "next_call_at" }, { column: "task_id" }]);
  if (after === null) return (await reading(rest.limit(limit))).map(entryOf);
  // Two stretches of the index. As one condition it is a walk over all tasks of that instant: a campaign has a million.
  const same: Row[] = await reading(
    open()
      .where("next_call_at", after.dueAt)
      .where("task_id", ">", taskIdToBytes(after.taskId))
      .orderBy("task_id")
      .limit(limit),
  );
  if (same.length === limit) return same.map(entryOf);
  const more = rest.where("next_call_at", ">", after.dueAt).limit(limit - same.length);
  return [...same, ...(await reading(more))].map(entryOf);
}

/** From the columns `task_id`, `lane`, `app_id`, `call_count` and `next_call_at`. */
export const entryOf = (row: Row): DueEntry => ({
  taskId: taskIdFromBytes(row.task_id as Uint8Array),
  lane: row.lane as DueEntry["lane"],
  app: row.app_id as number,
  first: row.call_count === 0,
  dueAt: row.next_call_at as EpochMs,
});

/** How many tasks are held back by an earlier one of their `orderKey`; counted up to `limit`. */
export async function countHeld(db: Database, limit: number): Promise<number> {
  const held = db
    .knex("tasks")
    .select("task_id")
    .where("state", stateCode("pending"))
    .whereNull("next_call_at")
    .limit(limit);
  const [row] = (await reading(db.knex(held.as("held")).count({ n: "*" }))) as Row[];
  return Number(row?.n ?? 0);
}

/** What is looked at for an app's oldest: there is no index by app and due time. */
const APP_LOOK = 1_000;

/** Up to `limit` tasks that are due, the oldest first. An app's are searched among the first {@link APP_LOOK} of all. */
export async function oldestDue(
  db: Database,
  scope: Scope,
  now: EpochMs,
  limit: number,
): Promise<DueEntry[]> {
  if (scope.appId === null) return scanWaiting(db, later(now, millis(1)), null, limit);
  const first = db
    .knex("tasks")
    .select("task_id", "lane", "call_count", "next_call_at", "app_id")
    .where("state", stateCode("pending"))
    .where("next_call_at", "<=", now)
    .orderBy([{ column: "next_call_at" }, { column: "task_id" }])
    .limit(APP_LOOK);
  try {
    const rows: Row[] = await db
      .knex(first.as("first"))
      .where("app_id", scope.appId)
      .orderBy("next_call_at")
      .limit(limit);
    return rows.map(entryOf);
  } catch (error) {
    throw translated(error);
  }
}
