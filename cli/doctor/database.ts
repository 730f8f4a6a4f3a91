/** The database: whether it answers, what it is, whether its schema is ours. */
import { existsSync } from "node:fs";
import { type Config, isEmbedded } from "../../core/config.ts";
import { closeDatabase, type Database, openDatabase, sqliteFile } from "../../store/database.ts";
import { examineDatabase, examineSecrets } from "../../store/examine.ts";
import { openSecretBox } from "../../store/secret-box.ts";
import { bad, type Finding, ok, reasonOf, skewOf, warn } from "./finding.ts";

const ABOUT = "database";
/** A server that does not answer a goodbye within this is left without, in ms. */
const GOODBYE = 1_000;

/** @param whenSound what else is looked at where it answers and has our schema */
export async function* databaseFindings(
  config: Config,
  whenSound: (db: Database) => AsyncGenerator<Finding>,
): AsyncGenerator<Finding> {
  if (config.databaseUrl === null && !existsSync(sqliteFile(config.dataDir))) {
    yield warn(
      ABOUT,
      `there is none in ${config.dataDir} yet`,
      "bida start makes it, and so does bida migrate",
    );
    return;
  }
  const db = openDatabase(config);
  try {
    yield* examined(config, db, whenSound);
  } catch (error) {
    const name = config.databaseUrl === null ? "BIDA_DATA_DIR" : "BIDA_DATABASE_URL";
    yield bad(ABOUT, `${db.label} does not answer: ${reasonOf(error)}`, `start it, or look at ${name}`);
  } finally {
    await closeDatabase(db, GOODBYE);
  }
}

async function* examined(
  config: Config,
  db: Database,
  whenSound: (db: Database) => AsyncGenerator<Finding>,
): AsyncGenerator<Finding> {
  const { version, tooOld, encrypted, settings, migrations, aheadMs } = await examineDatabase(db);
  yield tooOld === null
    ? ok(ABOUT, `${db.label} answers: ${version}`)
    : warn(ABOUT, `${version} is older than what Bida is tested with`, `use ${tooOld} or newer`);
  if (encrypted === null && !isLocal(config.databaseUrl))
    yield warn(ABOUT, "the connection is not encrypted", "encrypt it, or keep it in a private network");
  else if (encrypted) yield ok(ABOUT, `the connection is encrypted (${encrypted})`);
  for (const { name, value, instead } of settings)
    yield warn(
      ABOUT,
      `${name} is ${value}: a crash of its machine may lose tasks that were accepted, or refuse large ones`,
      `set it to ${instead}`,
    );
  if (encrypted !== undefined) yield skewOf(ABOUT, "the server's", aheadMs);
  if (migrations.unknown.length > 0) {
    const newest = migrations.unknown.at(-1);
    yield bad(
      ABOUT,
      `a newer Bida was here (${newest})`,
      "run that version or a newer one; there is no way back",
    );
  }
  if (migrations.pending.length > 0) {
    const list = migrations.pending.join(", ");
    yield warn(
      ABOUT,
      `${migrations.pending.length} migrations have not run: ${list}`,
      "bida migrate; a node that starts runs them too",
    );
    return;
  }
  yield ok(ABOUT, "its schema is up to date");
  const box = openSecretBox(config);
  const { sealed, unopened } = await examineSecrets(db, box);
  if (unopened > 0)
    yield bad(
      ABOUT,
      `${unopened} of ${sealed} sealed secrets are not opened by ${isEmbedded(config) && config.secretKey === null ? `secret.key in ${config.dataDir}` : "BIDA_SECRET_KEY"}`,
      "give back the key that they were sealed with, or rotate the apps' secrets and write the channels anew",
    );
  else if (sealed > 0) yield ok(ABOUT, `the key opens all ${sealed} sealed secrets`);
  yield* whenSound(db);
}

/** What does not leave the machine needs no encryption. */
export const isLocal = (url: string | null): boolean =>
  url === null || /^(localhost|127\.|\[::1\])/.test(new URL(url).hostname);
