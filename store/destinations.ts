/** Target origins, and what operators set for them. */
import type { EpochMs } from "../core/clock.ts";
import { type DestinationSettings, NO_SETTINGS } from "../core/destination.ts";
import { type Lane, laneOf } from "../core/ids.ts";
import type { Page } from "../core/page.ts";
import { cutPage } from "../core/page-cut.ts";
import type { Database } from "./database.ts";
import { reading, transaction, withRetries } from "./failures.ts";
import { DestinationModel, from } from "./models.ts";
import type { Row } from "./rows.ts";
import { insertMany } from "./sql.ts";
import { whereContains } from "./text-match.ts";

export interface StoredDestination extends DestinationSettings {
  lane: Lane;
  origin: string;
  firstSeenAt: EpochMs;
}

/** Remembers origins. Those that are known already stay as they are. */
export async function addOrigins(db: Database, origins: string[], now: EpochMs): Promise<void> {
  const rows = origins.map((origin) => [laneOf(origin), origin, now]);
  const columns = ["lane", "origin", "first_seen_at"];
  await withRetries(() => insertMany(db.knex, "destinations", columns, rows, db.driver.insertIgnore));
}

export interface DestinationFilter {
  /** Part of the origin. */
  q?: string | undefined;
  paused?: boolean | undefined;
  lanes?: Lane[] | undefined;
}

/** A page in order of origin. @param after the last origin of the page before */
export async function listDestinations(
  db: Database,
  filter: DestinationFilter,
  limit: number,
  after: string | null,
): Promise<Page<StoredDestination>> {
  const query = from(db, DestinationModel)
    .orderBy("origin")
    .limit(limit + 1);
  if (filter.q !== undefined) whereContains(db, query, "origin", filter.q);
  if (filter.paused !== undefined) query.where("paused", filter.paused);
  if (filter.lanes !== undefined) query.whereIn("lane", filter.lanes);
  if (after !== null) query.where("origin", ">", after);
  const rows = (await reading(query)).map(destinationFromRow);
  return cutPage(rows, limit, ({ origin }) => origin);
}

export async function findDestination(db: Database, lane: Lane): Promise<StoredDestination | null> {
  const row = await reading(from(db, DestinationModel).findById(lane));
  return row ? destinationFromRow(row) : null;
}

/** The origins of lanes, as far as they are known. */
export async function originsOf(db: Database, lanes: Lane[]): Promise<Map<Lane, string>> {
  const rows = await reading(from(db, DestinationModel).select("lane", "origin").whereIn("lane", lanes));
  return new Map(rows.map((row) => [row.lane as Lane, row.origin as string]));
}

/**
 * Changes what is set for an origin, which need not have been called yet.
 * @param told is called in the same transaction: for the audit log
 * @returns before and after
 */
export async function setDestination(
  db: Database,
  origin: string,
  change: Partial<DestinationSettings>,
  now: EpochMs,
  told?: (within: Database, change: DestinationChange) => Promise<void>,
): Promise<DestinationChange> {
  const lane = laneOf(origin);
  await addOrigins(db, [origin], now);
  return transaction(db, async (within) => {
    const row = await from(within, DestinationModel).findById(lane).forUpdate();
    const before = destinationFromRow(row as Row);
    const after = { ...before, ...change };
    await within.knex("destinations").where({ lane }).update({
      paused: after.paused,
      concurrency: after.concurrency,
      rate_per_second: after.ratePerSecond,
      breaker: after.breaker,
      keep_alive: after.keepAlive,
      set_at: now,
    });
    await told?.(within, { before, after });
    return { before, after };
  });
}

export interface DestinationChange {
  before: StoredDestination;
  after: StoredDestination;
}

/** Destinations that were set by hand since, and when the last of them was. */
export async function settingsSince(
  db: Database,
  since: EpochMs | null,
): Promise<{ settings: StoredDestination[]; until: EpochMs | null }> {
  const query = from(db, DestinationModel).whereNotNull("set_at").orderBy("set_at");
  // Those of the same millisecond again: one may have been committed since.
  if (since !== null) query.where("set_at", ">=", since);
  const rows = await reading(query);
  return { settings: rows.map(destinationFromRow), until: (rows.at(-1)?.set_at as EpochMs) ?? since };
}

const destinationFromRow = (row: Row): StoredDestination => ({
  ...NO_SETTINGS,
  lane: row.lane as Lane,
  origin: row.origin as string,
  firstSeenAt: row.first_seen_at as EpochMs,
  paused: Boolean(row.paused),
  concurrency: row.concurrency as number | null,
  ratePerSecond: row.rate_per_second as number | null,
  breaker: Boolean(row.breaker),
  keepAlive: Boolean(row.keep_alive),
});
