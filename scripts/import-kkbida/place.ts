/** The database to import into, opened so that nobody else is at work in it. */
import { existsSync } from "node:fs";
import { type Config, ConfigError } from "../../core/config.ts";
import {
  closeDatabase,
  type Database,
  openDatabase,
  pingDatabase,
  sqliteFile,
} from "../../store/database.ts";
import { holdExclusive, holdImport } from "../../store/exclusive.ts";
import { migrate } from "../../store/migrate.ts";
import { openSealing } from "../../store/secret-box.ts";

export interface Place {
  /** Null where there is none yet, in a dry run. */
  db: Database | null;
  close(): Promise<void>;
}

/**
 * Takes the locks that a node would take, and brings the schema up to date.
 * @param onLost called where a lock is lost while we work
 * @throws ConfigError where another process has one, or the database refuses us
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
    if (config.redisUrl === null) releases.push(await holdExclusive(db, onLost));
    releases.push(await holdImport(db, onLost));
    await migrate(db);
    return { db, close };
  } catch (error) {
    await close();
    throw error;
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
