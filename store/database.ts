/** The connection to SQLite or MySQL/MariaDB. Everything in `store/` takes a {@link Database}. */
import type { Config } from "../core/config.ts";
import { type Database, forSearch } from "./drivers/driver.ts";
import { openMysql } from "./drivers/mysql.ts";
import { openSqlite, sqliteFile } from "./drivers/sqlite.ts";

export type { Database };
export { forSearch, sqliteFile };

/** Knex would print what every caller gets as an error anyway. */
const silent = { warn() {}, error() {}, deprecate() {}, debug() {} };

/** Opens the database; connects lazily. */
export const openDatabase = ({ databaseUrl, dataDir }: Pick<Config, "databaseUrl" | "dataDir">): Database =>
  databaseUrl === null ? openSqlite(dataDir, silent) : openMysql(databaseUrl, silent);

/** What a server that is well answers at once, in ms. */
const PING_LIMIT = 4_000;

/**
 * Rejects where the database does not answer, or not within `withinMs`; its connections are then made anew, because a
 * half-open one would never say that it is dead. A MySQL server that is read-only is asked to write.
 */
export const pingDatabase = (db: Database, withinMs = PING_LIMIT): Promise<void> => db.driver.ping(withinMs);

/** {@link pingDatabase}, and something is written. */
export async function probeDatabase(db: Database, withinMs = PING_LIMIT): Promise<void> {
  await pingDatabase(db, withinMs);
  await db.probe.run(db.knex, withinMs);
}

/** The connections of this process. */
export function poolUsage(db: Database): { used: number; free: number; waiting: number } {
  const { pool } = db.knex.client as { pool: TarnPool };
  return { used: pool.numUsed(), free: pool.numFree(), waiting: pool.numPendingAcquires() };
}

/** What Knex keeps its connections in. */
interface TarnPool {
  numUsed(): number;
  numFree(): number;
  /** Callers that wait for a connection. */
  numPendingAcquires(): number;
}

/** @param withinMs a server that does not answer is waited for no longer */
export const closeDatabase = (db: Database, withinMs = Number.POSITIVE_INFINITY): Promise<void> =>
  db.driver.close(withinMs);
