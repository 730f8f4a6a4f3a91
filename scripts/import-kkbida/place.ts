/** The database to import into, opened so nobody else is at work in it. */
import { existsSync } from "node:fs";
import { type Config, ConfigError } from "../../core/config.ts";
import {
  closeDatabase,
  type Database,
  openDatabase,
  pingDatabase,
  sqliteFile,
} from "../../store/database.ts";
import { holdImport } from "../../store/exclusive.ts";
import { isMigrated, migrate } from "../../store/migrate.ts";
import { openSealing } from "../../store/secret-box.ts";

export interface Place {
  /** Null where there is none yet, in a dry run. */
  db: Database | null;
  close(): Promise<void>;
}

/**
 * Brings the schema up to date, under the lock that a node without Redis would take; where such a node is at work, its schema has
 * to be ours. Tasks that are stored beside it are found by its reconciler.
 * @param onLost called where a lock is lost while we work
 * @throws ConfigError where another import is at work, the schema is another one, or the database refuses us
 */
export async function openPlace(config: Config, onLost: () => void): Promise<Place> {
  const db = openDatabase(config, openSealing(config));
  const releases: (() => Promise<void>)[] = [];
  const close = async () => {
    for (const release of releases.reverse()) await release();
    await closeDatabase(db);
  };
  try {
    await reach(db);
    releases.push(await holdImport(db, onLost));
    await prepare(db, config);
    return { db, close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function prepare(db: Database, config: Config): Promise<void> {
  // Only while it migrates: a Bida may start while the import runs.
  const release = config.redisUrl === null ? await db.driver.holdDatabase(() => undefined) : null;
  try {
    if (release || config.redisUrl !== null) await migrate(db);
    else if (!(await isMigrated(db)))
      throw new ConfigError(
        `${db.driver.setting}: the Bida that uses ${db.label} is of another version; stop it`,
      );
  } finally {
    await release?.();
  }
}

/** For reading only: no lock is taken, and nothing is made that is not there. @throws ConfigError */
export async function lookAtPlace(config: Config): Promise<Place> {
  const nothing = { db: null, close: async () => undefined };
  if (config.databaseUrl === null && !existsSync(sqliteFile(config.dataDir))) return nothing;
  const db = openDatabase(config);
  try {
    await reach(db);
    const tables = ["tasks", "kkbida_imports"];
    const there = await Promise.all(tables.map((table) => db.knex.schema.hasTable(table)));
    if (there.every(Boolean)) return { db, close: () => closeDatabase(db) };
    // Of an older Bida: nothing was imported into it yet.
    await closeDatabase(db);
    return nothing;
  } catch (error) {
    await closeDatabase(db);
    throw error;
  }
}

async function reach(db: Database): Promise<void> {
  try {
    await pingDatabase(db);
  } catch (error) {
    const { sqlMessage, code, message } = error as { sqlMessage?: string; code?: string; message?: string };
    const reason = sqlMessage ?? (message || code || "").split("\n")[0];
    throw new ConfigError(`BIDA_DATABASE_URL: ${db.label} cannot be used: ${reason}`);
  }
}
