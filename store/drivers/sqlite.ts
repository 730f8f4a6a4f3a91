/** SQLite, in this process. */
import { closeSync, openSync } from "node:fs";
import path from "node:path";
import SqliteDatabase from "better-sqlite3";
import knexModule, { type Knex } from "knex";
import { taskIdToBytes } from "../../core/ids.ts";
import type { Row } from "../columns.ts";
import { makeDataDir } from "../data-dir.ts";
import { Probe } from "../probe.ts";
import { progressRow, UPDATE_ONE } from "../progress.ts";
import { LOCKED_COLUMNS, lockedById } from "../rows.ts";
import type { Sealing } from "../sealing.ts";
import { insertText } from "../sql.ts";
import type { Commits, Database, Driver, Locks, Reads, Release, Texts } from "./driver.ts";
import { FileGuard } from "./file-guard.ts";
import { lent } from "./lend.ts";
import { addFunctions, LOWER_UNICODE } from "./sqlite-functions.ts";
import { searchesOf } from "./sqlite-search.ts";
import type { Insert } from "./statement.ts";
import { StatementLimit } from "./statement-limit.ts";

/**
 * How long a statement waits for the one connection, in ms. It is this process's own: what holds it gives it back. A
 * search that stops the event loop for some seconds must not fail those that waited meanwhile, as soon as their timers
 * get their turn.
 */
const ACQUIRE_TIMEOUT = 30_000;

/** The file that holds everything in embedded mode. */
export const sqliteFile = (dataDir: string): string => path.resolve(dataDir, "bida.sqlite");

/** Opens the database of a folder, which is made where there is none. @param log Knex's */
export function openSqlite(dataDir: string, sealing: Sealing, log: Knex.Logger): Database {
  makeDataDir(dataDir);
  const filename = sqliteFile(dataDir);
  const guard = new FileGuard(filename);
  makePrivate(filename);
  const knex = knexModule({
    client: "better-sqlite3",
    log,
    connection: { filename },
    useNullAsDefault: true,
    acquireConnectionTimeout: ACQUIRE_TIMEOUT,
    pool: {
      min: 1,
      max: 1,
      afterCreate(connection: SqliteDatabase.Database, done: (error: Error | null, c: unknown) => void) {
        addFunctions(connection);
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
  const searches = searchesOf(filename, log, () => guard.check());
  const driver: Driver = {
    name: "sqlite",
    setting: "BIDA_DATA_DIR",
    writers: 1,
    ...texts,
    ...commitsOf(knex),
    ...readsOf(knex),
    ...locksOf(dataDir),
    async ping() {
      await knex.raw("SELECT 1");
    },
    async describe() {
      const [{ version }] = (await knex.raw("SELECT sqlite_version() AS version")) as [{ version: string }];
      return { version: `SQLite ${version}`, tooOld: null, settings: [] };
    },
    serverTime: async () => Date.now(),
    // This process's own work, which ends.
    async close() {
      await searches.close();
      // The last connection to leave puts the log into the file.
      await knex.destroy();
    },
  };
  return {
    ...{ knex, searches: searches.knex, driver, sealing, label: `file:${filename}`, probe: new Probe() },
    limit: new StatementLimit(Number.POSITIVE_INFINITY),
    server: { packet: Number.POSITIVE_INFINITY },
    onFileLost: (listener) => guard.onLost(listener),
  };
}

/**
 * Makes a file that nobody else may read, where there is none yet: SQLite itself would leave that to the umask. Its `-wal` and
 * `-shm` get the permissions of the file. One that is there keeps what its owner gave it.
 */
function makePrivate(file: string): void {
  try {
    closeSync(openSync(file, "wx", 0o600));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  }
}

const texts: Texts = {
  rowsOf: (answer) => answer as Row[],
  forUpdate: () => "",
  insertIgnore: "INSERT OR IGNORE",
  onConflict: (key, update) => `ON CONFLICT (${key}) DO UPDATE SET ${update}`,
  inserted: (column) => `excluded.${column}`,
  joinInOrder: "CROSS JOIN",
  snapshot: undefined,
  exactText: (expression) => expression,
  // SQLite's own function knows ASCII only. Ours costs more, and makes a difference only where there is something else.
  lowerFor: (part) => (/[^\0-\x7f]/.test(part) ? LOWER_UNICODE : "LOWER"),
};

/** Row by row: a statement that is prepared once costs less than one text for many rows. */
function commitsOf(knex: Knex): Commits {
  const inTransaction = <T>(work: (own: Prepared) => T): Promise<T> =>
    lent<SqliteDatabase.Database, T>(knex, (own) => own.transaction(() => work(preparedOf(own))).immediate());
  return {
    commitInserts: (inserts) => inTransaction((own) => insertEach(own, inserts)),
    commitPlan: (ids, plan) =>
      inTransaction((own) => {
        const read = own(`SELECT ${LOCKED_COLUMNS} FROM tasks WHERE task_id = ?`);
        const rows = ids.map((id) => read.get(taskIdToBytes(id)) as Row | undefined);
        const made = plan(lockedById(rows.filter((row) => row !== undefined)));
        if (!made) return false;
        insertEach(own, made.inserts);
        const update = own(UPDATE_ONE);
        for (const task of made.tasks) update.run(progressRow(task, made.now));
        return true;
      }),
    commitGuarded: null,
  };
}

function readsOf(knex: Knex): Reads {
  return {
    tasksById: (ids) =>
      lent<SqliteDatabase.Database, Row[]>(knex, (connection) => {
        const read = preparedOf(connection)("SELECT * FROM tasks WHERE task_id = ?");
        return ids
          .map((id) => read.get(taskIdToBytes(id)) as Row | undefined)
          .filter((row) => row !== undefined);
      }),
  };
}

function insertEach(own: Prepared, inserts: Insert[]): void {
  for (const { table, columns, rows } of inserts) {
    const statement = own(insertText(table, columns, 1));
    for (const row of rows) statement.run(row);
  }
}

/** A statement that stays prepared: only for texts that do not depend on how many rows there are. */
type Prepared = (text: string) => SqliteDatabase.Statement<unknown[]>;

/** By connection. */
const prepared = new WeakMap<SqliteDatabase.Database, Prepared>();

function preparedOf(connection: SqliteDatabase.Database): Prepared {
  const known = prepared.get(connection);
  if (known) return known;
  const statements = new Map<string, SqliteDatabase.Statement>();
  const made: Prepared = (text) => {
    const statement = statements.get(text) ?? connection.prepare(text);
    statements.set(text, statement);
    return statement;
  };
  prepared.set(connection, made);
  return made;
}

function lockOf(file: string): Release | null {
  makePrivate(file);
  const lock = new SqliteDatabase(file, { timeout: 0 });
  try {
    lock.exec("BEGIN EXCLUSIVE");
  } catch {
    lock.close();
    return null;
  }
  return async () => void lock.close();
}

/** The operating system's lock on a file beside the database, which is this process's alone then. */
function locksOf(dataDir: string): Locks {
  return {
    holdDatabase: async () => lockOf(path.resolve(dataDir, "bida.lock")),
    holdTurn: async (what) => lockOf(path.resolve(dataDir, `bida.${what}.lock`)),
    inTurn: (_, work) => work(),
    whileMigrating: (work) => work(),
  };
}
