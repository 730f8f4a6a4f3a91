/** Programs of their own that `bida` stands in front of: what is typed behind their names is theirs. */
import { existsSync } from "node:fs";
import { extname, join } from "node:path";
import { type Command, NOTHING } from "../../services/repl/command.ts";
import { Refused } from "../../services/repl/mistake.ts";
import { becomeNode, ROOT } from "../node-command.ts";

const MOST = 1_000;

/** @param file without its ending, from the root */
const program = (
  file: string,
  command: Omit<Command, "args" | "arity" | "options" | "run" | "raw" | "helpHere">,
): Command => {
  const path = join(ROOT, `${file}${extname(import.meta.filename)}`);
  const isHere = existsSync(path);
  return {
    ...command,
    raw: true,
    helpHere: !isHere,
    args: "[options]",
    arity: [0, MOST],
    options: {},
    async run(session, { args }) {
      if (!isHere)
        throw new Refused(`${command.name} needs a checkout of Bida; it is no part of the package`);
      session.endsItself = true;
      return { ...NOTHING, exit: await becomeNode([path, ...args]) };
    },
  };
};

export const importKkbida = program("scripts/import-kkbida", {
  name: "import kkbida",
  summary: "moves a kkbida over: tasks, logs, webhooks; import kkbida --help shows how",
  about: ["--json: the summary as one JSON object on stdout; progress goes to stderr."],
  examples: ["import kkbida mysql://user:pass@host:3306/callcenterdb --dry-run"],
});

export const bench = program("bench/run", {
  name: "bench",
  summary: "measures this machine with Bida and what people build instead (in a checkout)",
  about: [
    "In a checkout bench --help lists the options.",
    "--json: the result as one JSON object on stdout, progress on stderr; --json <file>: into a file.",
  ],
  examples: ["bench --quick", "bench --quick --json"],
});
