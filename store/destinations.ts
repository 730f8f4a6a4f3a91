/** Target origins, and what operators set for them. */
import { type EpochMs, epochMs, type Millis, minutes } from "../core/clock.ts";
import { type DestinationSettings, NO_SETTINGS } from "../core/destination.ts";
import { type Lane, laneOf } from "../core/ids.ts";
import type { Page } from "../core/page.ts";
import { cutPage } from "../core/page-cut.ts";
import type { Database } from "./database.ts";
import { reading, transaction, withRetries } from "./failures.ts";
import { DestinationModel, from } from "./models.ts";
import type { Step } from "./retention.ts";
import type { Row } from "./rows.ts";
import { insertMany } from "./sql.ts";
import { whereContains } from "./text-match.ts";

export interface StoredDestination extends DestinationSettings {
  lane: Lane;
  origin: string;
  firstSeenAt: EpochMs;
}

/** Remembers origins, and that they are used. @returns those that were not known */
export async function addOrigins(db: Database, origins: string[], now: EpochMs): Promise<string[]> {
  const lanes = new Map(origins.map((origin) => [laneOf(origin), origin]));
  return withRetries(async () => {
    const rows = await from(db, DestinationModel)
      .select("lane")
      .whereIn("lane", [...lanes.keys()]);
    const known = new Set(rows.map((row) => row.lane as Lane));
    if (known.size > 0)
      await db
        .knex("destinations")
        .whereIn("lane", [...known])
        .update({ used_at: now });
    const missing = [...lanes].filter(([lane]) => !known.has(lane));
    const added = missing.map(([lane, origin]) => [lane, origin, now, now]);
    const columns = ["lane", "origin", "first_seen_at", "used_at"];
    if (added.length > 0) await insertMany(db.knex, "destinations", columns, added, db.driver.insertIgnore);
    return missing.map(([, origin]) => origin);
  });
}

/** The origins that were met last. */
export async function latestOrigins(db: Database, limit: number): Promise<string[]> {
  const rows = await reading(
    from(db, DestinationModel).select("origin").orderBy("first_seen_at", "desc").limit(limit),
  );
  return rows.map((row) => row.origin as string);
}

/**
 * Looks at the next `limit` destinations, and deletes those that nothing is set for and that were not used since `cutoff`. Should
 * one be used again, it is new.
 */
export async function pruneDestinations(
  db: Database,
  cutoff: EpochMs,
  after: Lane | null,
  limit: number,
): Promise<Step<Lane>> {
  return withRetries(async () => {
    const query = db.knex("destinations").select("lane", "first_seen_at", "used_at", "set_at");
    const rows: Row[] = await query
      .where("lane", ">", after ?? "")
      .orderBy("lane")
      .limit(limit);
    const isIdle = ({ first_seen_at, used_at, set_at }: Row) =>
      set_at === null && Number(used_at ?? first_seen_at) < cutoff;
    const idle = rows.filter(isIdle).map(({ lane }) => lane as Lane);
    // Looked at again: somebody may have used it, or set something.
    const pruned =
      idle.length === 0
        ? 0
        : await db
            .knex("destinations")
            .whereIn("lane", idle)
            .whereNull("set_at")
            .where((either) => either.whereNull("used_at").orWhere("used_at", "<", cutoff))
            .delete();
    const next = rows.length < limit ? null : (rows.at(-1)?.lane as Lane);
    return { seen: rows.length, pruned, next };
  });
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
      legacy_timeout_ms: after.legacyTimeoutMs,
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

/** A change has its time before it waits for locks: it may be committed so much later. */
const COMMITTED_WITHIN = minutes(1);
/** Nodes look back for so long after the last change: their clocks differ, and they look a few seconds apart. */
const LOOKED_BACK = minutes(5);

/**
 * Destinations that were set by hand since, and when the last of them was. While the last change is young, those of the minute
 * before it are among them again: a change made before it may be committed after it.
 */
export async function settingsSince(
  db: Database,
  since: EpochMs | null,
  now: EpochMs,
): Promise<{ settings: StoredDestination[]; until: EpochMs | null }> {
  const query = from(db, DestinationModel).whereNotNull("set_at").orderBy("set_at");
  if (since !== null)
    query.where("set_at", ">=", now - since < LOOKED_BACK ? since - COMMITTED_WITHIN : since);
  const rows = await reading(query);
  const last = Math.max(since ?? 0, Number(rows.at(-1)?.set_at ?? 0));
  return { settings: rows.map(destinationFromRow), until: last > 0 ? epochMs(last) : null };
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
  legacyTimeoutMs: row.legacy_timeout_ms as Millis | null,
});
