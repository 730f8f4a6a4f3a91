/** The connection to SQLite or MySQL/MariaDB. Everything in `store/` takes a {@link Database}. */
import { mkdirSync } from "node:fs";
import path from "node:path";
import knexModule, { type Knex } from "knex";
import type { Config } from "../core/config.ts";

export interface Database {
  knex: Knex;
  dialect: "sqlite" | "mysql";
  /** `file:…` or `host:port/name`, without credentials; for logs. */
  label: string;
  /** The database's name on its server; names of locks, which are the server's own, are made of it. */
  name: string;
}

/** How long a statement waits for a connection before the database counts as gone, in ms. */
const ACQUIRE_TIMEOUT = 3_000;

/** Knex would print what every caller gets as an error anyway. */
const silent = { warn() {}, error() {}, deprecate() {}, debug() {} };

/** Opens the database; connects lazily. */
export function openDatabase(config: Pick<Config, "databaseUrl" | "dataDir">): Database {
  return config.databaseUrl === null ? openSqlite(config.dataDir) : openMysql(config.databaseUrl);
}

/**
 * Rejects where the database does not answer, or not within `withinMs`; the connection that was asked is then closed,
 * because a half-open one would never say that it is dead.
 */
export async function pingDatabase(db: Database, withinMs?: number): Promise<void> {
  const ping = db.knex.raw("SELECT 1");
  await (withinMs === undefined ? ping : ping.timeout(withinMs));
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

export async function closeDatabase(db: Database): Promise<void> {
  await db.knex.destroy();
}

/** The file that holds everything in embedded mode. */
export const sqliteFile = (dataDir: string): string => path.resolve(dataDir, "bida.sqlite");

function openSqlite(dataDir: string): Database {
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  const filename = sqliteFile(dataDir);
  const knex = knexModule({
    client: "better-sqlite3",
    log: silent,
    connection: { filename },
    useNullAsDefault: true,
    acquireConnectionTimeout: ACQUIRE_TIMEOUT,
    pool: {
      min: 1,
      max: 1,
      afterCreate(connection: { pragma(text: string): unknown }, done: (error: null, c: unknown) => void) {
        connection.pragma("journal_mode = WAL");
        // FULL: the WAL is synced at every commit. NORMAL loses the last commits when the power goes.
        connection.pragma("synchronous = FULL");
        connection.pragma("busy_timeout = 5000");
        connection.pragma("cache_size = -32000");
        done(null, connection);
      },
    },
  });
  return { knex, dialect: "sqlite", label: `file:${filename}`, name: filename };
}

function openMysql(url: string): Database {
  const parsed = new URL(url);
  const port = Number(parsed.port || 3306);
  const database = decodeURIComponent(parsed.pathname.slice(1));
  const knex = knexModule({
    client: "mysql2",
    log: silent,
    connection: {
      host: parsed.hostname,
      port,
      database,
      user: decodeURIComponent(parsed.username),
      password: decodeURIComponent(parsed.password),
      charset: "utf8mb4",
      connectTimeout: ACQUIRE_TIMEOUT,
      enableKeepAlive: true,
      // Rows matched, not rows changed: an update that changes nothing still found its row.
      flags: ["+FOUND_ROWS"],
    },
    acquireConnectionTimeout: ACQUIRE_TIMEOUT,
    pool: {
      min: 0,
      max: 12,
      afterCreate(connection: MysqlConnection, done: (error: Error | null, c: unknown) => void) {
        // Without gap locks concurrent batches deadlock far less often; every statement locks rows it names by key.
        connection.query("SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED", (error) =>
          done(error, connection),
        );
      },
    },
  });
  return { knex, dialect: "mysql", label: `${parsed.hostname}:${port}/${database}`, name: database };
}

interface MysqlConnection {
  query(sql: string, done: (error: Error | null) => void): void;
}
