/** `npm run reseal`: gives what is stored the form that new rows have; see docs/operations.md, "Keys and their change". */
import { ConfigError, loadConfig } from "../core/config.ts";
import { closeDatabase, openDatabase, pingDatabase } from "../store/database.ts";
import { holdExclusive } from "../store/exclusive.ts";
import { resealAll } from "../store/reseal.ts";
import { checkSealingKeys } from "../store/sealing-keys.ts";
import { openSealing, openSecretBox } from "../store/secret-box.ts";

try {
  const config = loadConfig(process.env);
  const db = openDatabase(config, openSealing(config));
  let release: (() => Promise<void>) | undefined;
  try {
    await pingDatabase(db);
    // SQLite's file is one process's; a cluster's nodes may go on.
    if (config.redisUrl === null)
      release = await holdExclusive(db, () => {
        console.error("reseal: the database's lock was lost to another Bida process; start again");
        process.exit(1);
      });
    // The key that rows are about to be sealed with is known before the first of them.
    await checkSealingKeys(db, Date.now());
    const { tasks, attempts, secrets, unopened } = await resealAll(db, openSecretBox(config));
    console.log(
      `Written anew: ${tasks} tasks, ${attempts} attempts, ${secrets} secrets of apps and channels.`,
    );
    if (unopened > 0) console.error(`reseal: ${unopened} could not be opened with the keys given, and stay`);
    process.exitCode = unopened > 0 ? 3 : 0;
  } finally {
    await release?.();
    await closeDatabase(db);
  }
} catch (error) {
  const line = (error as Error).message;
  console.error(
    error instanceof ConfigError ? `reseal: ${line}` : `reseal: it failed, and can be started again: ${line}`,
  );
  process.exitCode = 1;
}
