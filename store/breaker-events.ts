/** What breakers did. Written by those who hear of it, so an event that was lost leaves a gap. */
import { type EpochMs, epochMs } from "../core/clock.ts";
import type { Lane } from "../core/ids.ts";
import type { Database } from "./database.ts";
import { reading, withRetries } from "./failures.ts";
import type { Row } from "./rows.ts";

export interface StoredBreakerEvent {
  at: EpochMs;
  opened: boolean;
  /** In a row, where it opened. */
  failures: number | null;
}

/** One that is there already is there once: several may hear of it. @throws BidaError unavailable */
export async function addBreakerEvent(
  db: Database,
  lane: Lane,
  { at, opened, failures }: StoredBreakerEvent,
): Promise<void> {
  await withRetries(async () => {
    const events = db.knex("breaker_events");
    if (!(await events.clone().where({ lane, at, opened }).first("id")))
      await events.insert({ lane, at, opened, failures });
  });
}

/** The latest of a lane, newest first. */
export async function breakerEvents(db: Database, lane: Lane, limit: number): Promise<StoredBreakerEvent[]> {
  const query = db
    .knex("breaker_events")
    .where({ lane })
    .orderBy([
      { column: "at", order: "desc" },
      { column: "id", order: "desc" },
    ])
    .limit(limit);
  return (await reading<Row[]>(query)).map((row) => ({
    at: epochMs(row.at as number),
    opened: Boolean(row.opened),
    failures: row.failures as number | null,
  }));
}

/** Deletes events before `before`, a part at a time. @returns false when all are gone */
export async function pruneBreakerEvents(db: Database, before: EpochMs, atOnce = 1_000): Promise<boolean> {
  const ids: number[] = await db
    .knex("breaker_events")
    .where("at", "<", before)
    .orderBy("at")
    .limit(atOnce)
    .pluck("id");
  if (ids.length > 0) await db.knex("breaker_events").whereIn("id", ids).delete();
  return ids.length === atOnce;
}
