/** `bida check`: the settings, all mistakes at once. */
import { configMistakes, isEmbedded, loadConfig } from "../../core/config.ts";
import { type Command, shown } from "../../services/repl/command.ts";
import { unknownSettings } from "../../services/repl/unknown-settings.ts";

/** As every wrong setting. */
const USAGE = 2;

export const check: Command = {
  name: "check",
  here: true,
  args: "",
  arity: [0, 0],
  summary: "checks the settings (BIDA_…, SERVICES), and names all mistakes at once",
  about: ["It asks no server; bida doctor does. Exit code 2 where something is wrong."],
  options: {},
  examples: ["check", "check --json"],
  async run({ paint }) {
    const mistakes = configMistakes(process.env);
    const unknown = unknownSettings(process.env);
    const lines = [
      ...mistakes.map((line) => paint.bad(line)),
      ...unknown.map(({ name, meant }) =>
        paint.bad(`${name}: is no setting of Bida; ${meant ? `did you mean ${meant}?` : "take it away"}`),
      ),
    ];
    const wrong = lines.length > 0;
    const text = wrong ? lines.join("\n") : `the settings are sound: ${summary()}`;
    return { ...shown({ sound: !wrong, mistakes, unknown }, text), exit: wrong ? USAGE : 0 };
  },
};

function summary(): string {
  const config = loadConfig(process.env);
  const where = config.databaseUrl === null ? `data in ${config.dataDir}` : "data in MySQL";
  const kind = isEmbedded(config) ? "one process" : "a node of a cluster";
  return `${kind}, ${where}, ${config.services.join(", ")}`;
}
