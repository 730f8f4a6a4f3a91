/** The connection to SQLite or MySQL/MariaDB. Everything in `store/` takes a {@link Database}. */
import { mkdirSync } from "node:fs";
import path from "node:path";
import knexModule, { type Knex } from "knex";
import type { Config } from "../core/config.ts";
import { FileGuard } from "./file-guard.ts";
import { Probe } from "./probe.ts";
import { setUp } from "./session.ts";
import { type MysqlConnection, StatementLimit } from "./statement-limit.ts";
import { LOWER_UNICODE, lowerUnicode } from "./text-match.ts";

export interface Database {
  knex: Knex;
  dialect: "sqlite" | "mysql";
  /** `file:…` or `host:port/name`, without credentials; for logs. */
  label: string;
  /** The database's name on its server; names of locks, which are the server's own, are made of it. */
  name: string;
  /** How long a statement may take before its connection counts as dead; none while the schema is migrated. */
  limit: StatementLimit;
  /** Finds out whether something can be written. */
  probe: Probe;
  /** What is known of the server. */
  server: {
    /** The longest statement that it takes, in bytes; infinite where there is no limit. */
    packet: number;
  };
  /** Has `listener` called once, when SQLite's file is removed or replaced while it is open. */
  onFileLost(listener: (why: string) => void): void;
}

/** How long a statement waits for a connection before the database counts as gone, in ms. */
const ACQUIRE_TIMEOUT = 3_000;

/**
 * The same for SQLite, whose one connection is this process's own: whoever holds it gives it back. A search that stops the
 * event loop for some seconds must not fail those that waited meanwhile, as soon as their timers get their turn.
 */
const SQLITE_ACQUIRE_TIMEOUT = 30_000;

/** As long as the longest call between services waits for its answer: nobody is interested after that. In ms. */
const STATEMENT_LIMIT = 10_000;

/** Before the server closes it, see `SILENCE_LIMIT`. */
const IDLE_LIMIT_MS = 10_000;

/** Knex would print what every caller gets as an error anyway. */
const silent = { warn() {}, error() {}, deprecate() {}, debug() {} };

/** Opens the database; connects lazily. */
export function openDatabase(config: Pick<Config, "databaseUrl" | "dataDir">): Database {
  return config.databaseUrl === null ? openSqlite(config.dataDir) : openMysql(config.databaseUrl);
}

/** What a server that is well answers at once, in ms. */
const PING_LIMIT = 4_000;

/**
 * Rejects where the database does not answer, or not within `withinMs`; its connections are then made anew, because a
 * half-open one would never say that it is dead. A MySQL server that is read-only is asked to write.
 */
export async function pingDatabase(db: Database, withinMs = PING_LIMIT): Promise<void> {
  if (db.dialect === "sqlite") {
    await db.knex.raw("SELECT 1");
    return;
  }
  const [[server]] = await db.knex
    .raw("SELECT @@global.read_only AS readOnly, @@global.max_allowed_packet AS packet")
    .options({ timeout: withinMs });
  db.server.packet = Math.min(db.server.packet, server.packet);
  // An account that may write all the same is none of our business.
  if (server.readOnly === 1) await db.probe.run(db.knex, withinMs);
}

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

export async function closeDatabase(db: Database): Promise<void> {
  await db.knex.destroy();
}

/** The file that holds everything in embedded mode. */
export const sqliteFile = (dataDir: string): string => path.resolve(dataDir, "bida.sqlite");

/** The part of better-sqlite3's connection that is used here. */
interface SqliteConnection {
  pragma(text: string): unknown;
  function(name: string, options: object, run: (text: unknown) => unknown): unknown;
}

function openSqlite(dataDir: string): Database {
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  const filename = sqliteFile(dataDir);
  const guard = new FileGuard(filename);
  const knex = knexModule({
    client: "better-sqlite3",
    log: silent,
    connection: { filename },
    useNullAsDefault: true,
    acquireConnectionTimeout: SQLITE_ACQUIRE_TIMEOUT,
    pool: {
      min: 1,
      max: 1,
      afterCreate(connection: SqliteConnection, done: (error: Error | null, c: unknown) => void) {
        connection.function(LOWER_UNICODE, { deterministic: true }, lowerUnicode);
        connection.pragma("journal_mode = WAL");
        // FULL: the WAL is synced at every commit. NORMAL loses the last commits when the power goes.
        connection.pragma("synchronous = FULL");
        connection.pragma("busy_timeout = 5000");
        connection.pragma("cache_size = -32000");
        try {
          guard.opened();
          done(null, connection);
        } catch (error) {
          done(error as Error, connection);
        }
      },
    },
  });
  const { client } = knex;
  const acquire = client.acquireConnection.bind(client);
  client.acquireConnection = async () => {
    guard.check();
    return acquire();
  };
  return {
    knex,
    dialect: "sqlite",
    label: `file:${filename}`,
    name: filename,
    limit: new StatementLimit(Number.POSITIVE_INFINITY),
    probe: new Probe(),
    server: { packet: Number.POSITIVE_INFINITY },
    onFileLost: (listener) => guard.onLost(listener),
  };
}

function openMysql(url: string): Database {
  const parsed = new URL(url);
  const port = Number(parsed.port || 3306);
  const database = decodeURIComponent(parsed.pathname.slice(1));
  const limit = new StatementLimit(STATEMENT_LIMIT);
  const server = { packet: Number.POSITIVE_INFINITY };
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
      keepAliveInitialDelay: 5_000,
      // Rows matched, not rows changed: an update that changes nothing still found its row.
      flags: ["+FOUND_ROWS"],
      // For `commit-inserts.ts`, which sends a transaction as one text. Values are never part of a text of ours.
      multipleStatements: true,
    },
    acquireConnectionTimeout: ACQUIRE_TIMEOUT,
    pool: {
      min: 0,
      max: 12,
      idleTimeoutMillis: IDLE_LIMIT_MS,
      createTimeoutMillis: 2 * ACQUIRE_TIMEOUT,
      afterCreate(connection: MysqlConnection, done: (error: Error | null, c: unknown) => void) {
        limit.guard(connection);
        setUp(connection).then(
          ({ packet }) => {
            server.packet = packet;
            done(null, connection);
          },
          (error: Error) => done(error, connection),
        );
      },
    },
  });
  const label = `${parsed.hostname}:${port}/${database}`;
  return {
    ...{ knex, dialect: "mysql", label, name: database, limit, server },
    probe: new Probe(),
    onFileLost: () => undefined,
  };
}
