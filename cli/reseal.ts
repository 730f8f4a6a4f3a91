/** The work of `bida reseal`. A module of its own: only commands that need SQL load it. */
import { type Config, ConfigError, loadConfig } from "../core/config.ts";
import { type Session, type Shown, shown } from "../services/repl/command.ts";
import { Mistake, Refused } from "../services/repl/mistake.ts";
import { closeDatabase, type Database, openDatabase, pingDatabase } from "../store/database.ts";
import { holdExclusive } from "../store/exclusive.ts";
import { type Resealed, resealAll } from "../store/reseal.ts";
import { checkSealingKeys } from "../store/sealing-keys.ts";
import { openSealing, openSecretBox } from "../store/secret-box.ts";
import { reasonOf } from "./doctor/finding.ts";

/** Exit code where something could not be opened. */
const UNOPENED = 3;
/** As with `bida migrate`, in ms. */
const GOODBYE = 1_000;

/**
 * Writes anew what the database of the environment holds.
 * @throws ConfigError; Refused where the database does not answer, or somebody interrupted it
 */
export async function resealHere(session: Session): Promise<Shown> {
  const config = loadConfig(process.env);
  const db = openDatabase(config, openSealing(config));
  try {
    await pingDatabase(db).catch((error: Error) => {
      throw new Refused(`${db.label} does not answer: ${reasonOf(error)}`);
    });
    return await resealed(db, config, session);
  } finally {
    await closeDatabase(db, GOODBYE);
  }
}

async function resealed(db: Database, config: Config, session: Session): Promise<Shown> {
  const lost = new AbortController();
  const signal = AbortSignal.any([session.signal, lost.signal]);
  const takenOver = () =>
    lost.abort(new Refused(`${db.label}: the lock was lost to another Bida process; begin again`));
  // SQLite's file is one process's; a cluster's nodes may go on.
  const release = config.redisUrl === null ? await holdExclusive(db, takenOver) : null;
  const done: Resealed = { tasks: 0, attempts: 0, secrets: 0, unopened: 0 };
  try {
    // The database knows the key before the first row is sealed with it.
    await checkSealingKeys(db, Date.now());
    // From here on an interruption ends it between two rows.
    session.endsItself = true;
    await resealAll(db, openSecretBox(config), signal, done);
  } catch (error) {
    if (error instanceof ConfigError || error instanceof Mistake) throw error;
    const why = session.signal.aborted ? "interrupted" : reasonOf(error);
    throw new Refused(`${db.label}: ${why}; ${countsOf(done)} by then; it can be begun again`);
  } finally {
    await release?.();
  }
  const left =
    done.unopened > 0
      ? `\n${done.unopened} could not be opened with the keys given, and stay as they are`
      : "";
  return {
    ...shown({ database: db.label, ...done }, `${db.label}: ${countsOf(done)}${left}`),
    exit: done.unopened > 0 ? UNOPENED : 0,
  };
}

const countsOf = ({ tasks, attempts, secrets }: Resealed): string =>
  `${tasks} tasks, ${attempts} attempts, ${secrets} secrets of apps and channels written anew`;
