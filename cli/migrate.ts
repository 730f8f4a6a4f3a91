/** What `bida migrate` does. A module of its own: what knows SQL is loaded by no other command. */
import { loadConfig } from "../core/config.ts";
import { type Session, type Shown, shown } from "../services/repl/command.ts";
import { Refused } from "../services/repl/mistake.ts";
import { closeDatabase, type Database, openDatabase, pingDatabase } from "../store/database.ts";
import { holdExclusive } from "../store/exclusive.ts";
import { migrate, migrationState } from "../store/migrate.ts";
import { reasonOf } from "./doctor/finding.ts";

/** A server that does not answer a goodbye within this is left without, in ms. */
const GOODBYE = 1_000;

/**
 * Migrates the database of the environment.
 * @param dryRun only says what would be done
 * @throws Refused where it does not answer, a newer Bida was there, or it was interrupted between two migrations
 */
export async function migrateHere(session: Session, dryRun: boolean): Promise<Shown> {
  const config = loadConfig(process.env);
  const db = openDatabase(config);
  try {
    await pingDatabase(db).catch((error: Error) => {
      throw new Refused(`${db.label} does not answer: ${reasonOf(error)}`);
    });
    const { pending, unknown } = await migrationState(db);
    if (unknown.length > 0)
      throw new Refused(`${db.label}: a newer Bida was here (${unknown.at(-1)}); run that version`);
    if (dryRun) {
      const line = pending.length === 0 ? "up to date" : `would run ${pending.join(", ")}`;
      return shown({ database: db.label, pending }, `${db.label}: ${line}`);
    }
    // Without Redis the database is one process's.
    const release = config.redisUrl === null ? await holdExclusive(db, () => process.exit(1)) : null;
    try {
      const ran = await migrateInSteps(db, session);
      return shown(
        { database: db.label, ran },
        `${db.label}: ${ran.length === 0 ? "up to date" : `ran ${ran.join(", ")}`}`,
      );
    } finally {
      await release?.();
    }
  } finally {
    await closeDatabase(db, GOODBYE);
  }
}

/** An interruption ends it between two migrations: half of one would have to be done once more. */
async function migrateInSteps(db: Database, session: Session): Promise<string[]> {
  const { signal } = session;
  const finishing = () =>
    process.stderr.write("bida: the migration that is running comes to its end; a second Ctrl-C cuts it\n");
  try {
    return await migrate(db, () => {
      signal.throwIfAborted();
      if (session.endsItself) return;
      session.endsItself = true;
      if (!session.json) signal.addEventListener("abort", finishing);
    });
  } catch (error) {
    if (!signal.aborted || error !== signal.reason) throw error;
    const { pending } = await migrationState(db);
    throw new Refused(`${db.label}: interrupted; still to run: ${pending.join(", ")}`);
  } finally {
    signal.removeEventListener("abort", finishing);
  }
}
