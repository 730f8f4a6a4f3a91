/** One process at a time: for the database as a whole where there is no Redis to coordinate several, or for some work. */
import { ConfigError } from "../core/config.ts";
import type { Database } from "./database.ts";
import type { Release } from "./drivers/driver.ts";

/**
 * @param onLost called once when the lock is gone while we run (MySQL restarted, and another process was faster)
 * @returns releases the lock
 * @throws ConfigError where another process has it
 */
export async function holdExclusive({ driver, label }: Database, onLost: () => void): Promise<Release> {
  const release = await driver.holdDatabase(onLost);
  if (release) return release;
  throw new ConfigError(
    `${driver.setting}: another Bida process uses ${label}; stop it, or set BIDA_REDIS_URL`,
  );
}

/**
 * One import into a database at a time, beside nodes of a cluster that may be at work.
 * @returns releases the lock
 * @throws ConfigError where another import is running
 */
export async function holdImport({ driver, label }: Database, onLost: () => void): Promise<Release> {
  const release = await driver.holdTurn("import", onLost);
  if (release) return release;
  throw new ConfigError(`another import into ${label} is running; wait for it, or stop it`);
}

/**
 * Runs `work` unless another node runs the same just now. Should the connection that holds the lock break, two may
 * run at the same time: for work that this does no harm to.
 * @returns null where another node is at it
 */
export const runAlone = <T>(db: Database, what: string, work: () => Promise<T>): Promise<T | null> =>
  db.driver.inTurn(what, work);
