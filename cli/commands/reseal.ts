/** `bida reseal`: gives what is stored the form that new rows have. See docs/operations.md, "Keys and their change". */
import type { Command } from "../../services/repl/command.ts";

export const reseal: Command = {
  name: "reseal",
  here: true,
  args: "",
  arity: [0, 0],
  summary:
    "writes stored secrets and payloads anew, after a change of BIDA_SECRET_KEY or BIDA_ENCRYPT_PAYLOADS",
  about: [
    "Nodes of a cluster go on meanwhile; a single process has to be stopped. It can be interrupted and begun again.",
    "Exit code 3 where something could not be opened with the keys given, and stays as it is.",
  ],
  options: {},
  examples: ["reseal", "reseal --json"],
  async run(session) {
    return (await import("../reseal.ts")).resealHere(session);
  },
};
