/**
 * One process per database where there is no Redis to coordinate several. The lock is the operating system's (SQLite)
 * or the server connection's (MySQL), so that a killed process never leaves it behind.
 */
import path from "node:path";
import SqliteDatabase from "better-sqlite3";
import type { Config } from "../core/config.ts";
import { ConfigError } from "../core/config.ts";
import type { MysqlConnection } from "./connection.ts";
import type { Database } from "./database.ts";
import { lockName } from "./migrate.ts";

/** How often the connection that holds MySQL's lock is used, so that neither side's idle timeout closes it, in ms. */
const KEEPALIVE_MS = 30_000;
/** How often it is looked whether that connection leads to where all others do, in ms. */
const LOOK_MS = 1_000;

/**
 * @param onLost called once when the lock is gone while we run (MySQL restarted, and another process was faster)
 * @returns releases the lock
 * @throws ConfigError where another process has it
 */
export async function holdExclusive(
  db: Database,
  config: Config,
  onLost: () => void,
): Promise<() => Promise<void>> {
  const refusal = `BIDA_DATABASE_URL: another Bida process uses ${db.label}; stop it, or set BIDA_REDIS_URL`;
  return db.dialect === "sqlite"
    ? holdFile(config.dataDir)
    : holdMysql(db, `bida:exclusive:${db.name}`, refusal, onLost);
}

/**
 * One import into a database at a time, beside nodes of a cluster that may be at work. (SQLite's file is its process's
 * alone anyway.)
 * @returns releases the lock
 * @throws ConfigError where another import is running
 */
export async function holdImport(db: Database, onLost: () => void): Promise<() => Promise<void>> {
  if (db.dialect === "sqlite") return async () => undefined;
  const refusal = `another import into ${db.label} is running; wait for it, or stop it`;
  return holdMysql(db, `bida:import:${db.name}`, refusal, onLost);
}

async function holdFile(dataDir: string): Promise<() => Promise<void>> {
  const file = path.resolve(dataDir, "bida.lock");
  const lock = new SqliteDatabase(file, { timeout: 0 });
  try {
    lock.exec("BEGIN EXCLUSIVE");
  } catch {
    lock.close();
    throw new ConfigError(
      `BIDA_DATA_DIR: another Bida process uses ${path.dirname(file)}; stop it, or set BIDA_REDIS_URL`,
    );
  }
  return async () => void lock.close();
}

async function holdMysql(
  db: Database,
  key: string,
  refusal: string,
  onLost: () => void,
): Promise<() => Promise<void>> {
  const name = lockName(key);
  let connection = await patientConnection(db);
  const ask = async (sql: string): Promise<unknown> => {
    const [rows] = await connection.promise().query(sql, [name]);
    return Object.values(rows[0] as object)[0];
  };
  if ((await ask("SELECT GET_LOCK(?, 0)")) !== 1) {
    await giveBack(db, connection);
    throw new ConfigError(refusal);
  }
  let askedAt = performance.now();
  let isBusy = false;
  const lookAfter = async (): Promise<void> => {
    // Not to be used again: the server behind it is not the one that our statements go to (a failover by name).
    const isOld = connection.__knex__disposed !== undefined;
    if (!isOld && performance.now() - askedAt < KEEPALIVE_MS) return;
    askedAt = performance.now();
    try {
      if (isOld) throw connection.__knex__disposed;
      await ask("SELECT IS_USED_LOCK(?)");
    } catch {
      await giveBack(db, connection);
      connection = await patientConnection(db);
      if ((await ask("SELECT GET_LOCK(?, 0)")) !== 1) onLost();
    }
  };
  const keepalive = setInterval(async () => {
    if (isBusy) return;
    isBusy = true;
    // The server is away; the next look tries again, and nothing can be written meanwhile.
    await lookAfter().catch(() => {
      askedAt = Number.NEGATIVE_INFINITY;
    });
    isBusy = false;
  }, LOOK_MS);
  keepalive.unref();
  return async () => {
    clearInterval(keepalive);
    await ask("SELECT RELEASE_LOCK(?)").catch(() => undefined);
    await giveBack(db, connection);
  };
}

/** The pool throws it away: others' transactions on it would keep their locks for as long as it may be silent. */
async function giveBack(db: Database, connection: MysqlConnection): Promise<void> {
  connection.__knex__disposed ??= new Error("it may be silent for longer than others");
  await db.knex.client.releaseConnection(connection);
}

/** A connection that may be silent between two rounds of the keepalive: the lock lives and dies with it. */
async function patientConnection(db: Database) {
  const connection = await db.knex.client.acquireConnection();
  try {
    await connection.promise().query(`SET SESSION wait_timeout = ${(4 * KEEPALIVE_MS) / 1000}`);
    return connection;
  } catch (error) {
    await giveBack(db, connection);
    throw error;
  }
}

/**
 * Runs `work` unless another node runs the same just now. Should the connection that holds the lock break, two may
 * run at the same time: for work that this does no harm to.
 * @returns null where another node is at it
 */
export async function runAlone<T>(db: Database, what: string, work: () => Promise<T>): Promise<T | null> {
  // SQLite's file is one process's.
  if (db.dialect === "sqlite") return work();
  const name = lockName(`bida:${what}:${db.name}`);
  const connection = await patientConnection(db);
  try {
    const [rows] = await connection.promise().query("SELECT GET_LOCK(?, 0) AS got", [name]);
    if (rows[0].got !== 1) return null;
    try {
      return await work();
    } finally {
      await connection
        .promise()
        .query("SELECT RELEASE_LOCK(?)", [name])
        .catch(() => undefined);
    }
  } finally {
    await giveBack(db, connection);
  }
}
