/** `bida migrate`: brings the schema of the database up to date, as a node that starts does. */
import { loadConfig } from "../../core/config.ts";
import { type Command, shown } from "../../services/repl/command.ts";
import { Refused } from "../../services/repl/mistake.ts";
import { closeDatabase, openDatabase, pingDatabase } from "../../store/database.ts";
import { holdExclusive } from "../../store/exclusive.ts";
import { migrationState, migrate as run } from "../../store/migrate.ts";
import { reasonOf } from "../doctor/finding.ts";

/** A server that does not answer a goodbye within this is left without, in ms. */
const GOODBYE = 1_000;

export const migrate: Command = {
  name: "migrate",
  args: "",
  arity: [0, 0],
  summary: "brings the schema of the database up to date",
  about: ["A node that starts does the same. Running it before lets an update wait for nothing."],
  options: { "dry-run": { value: null, help: "only says what would be done" } },
  examples: ["migrate --dry-run", "migrate"],
  async run(_, { flags }) {
    const config = loadConfig(process.env);
    const db = openDatabase(config);
    try {
      await pingDatabase(db).catch((error: Error) => {
        throw new Refused(`${db.label} does not answer: ${reasonOf(error)}`);
      });
      const { pending, unknown } = await migrationState(db);
      if (unknown.length > 0)
        throw new Refused(`${db.label}: a newer Bida was here (${unknown.at(-1)}); run that version`);
      if (flags.has("dry-run")) {
        const line = pending.length === 0 ? "up to date" : `would run ${pending.join(", ")}`;
        return shown({ database: db.label, pending }, `${db.label}: ${line}`);
      }
      // Without Redis the database is one process's.
      const release = config.redisUrl === null ? await holdExclusive(db, () => process.exit(1)) : null;
      try {
        const ran = await run(db);
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
  },
};
