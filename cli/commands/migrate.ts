/** `bida migrate`: brings the schema of the database up to date, as a node that starts does. */
import type { Command } from "../../services/repl/command.ts";

export const migrate: Command = {
  name: "migrate",
  args: "",
  arity: [0, 0],
  summary: "brings the schema of the database up to date",
  about: ["A node that starts does the same. Running it before lets an update wait for nothing."],
  options: { "dry-run": { value: null, help: "only says what would be done" } },
  examples: ["migrate --dry-run", "migrate"],
  async run(_, { flags }) {
    return (await import("../migrate.ts")).migrateHere(flags.has("dry-run"));
  },
};
