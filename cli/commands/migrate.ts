/** `bida migrate`: brings the schema of the database up to date, as a node that starts does. */
import type { Command } from "../../services/repl/command.ts";

export const migrate: Command = {
  name: "migrate",
  here: true,
  args: "",
  arity: [0, 0],
  summary: "brings the schema of the database up to date",
  about: [
    "A node that starts does the same. Running it before lets an update wait for nothing.",
    "Ctrl-C ends it behind the migration that is running; the next run goes on from there.",
  ],
  options: { "dry-run": { value: null, help: "only says what would be done" } },
  examples: ["migrate --dry-run", "migrate"],
  async run(session, { flags }) {
    return (await import("../migrate.ts")).migrateHere(session, flags.has("dry-run"));
  },
};
