/** From words to what is printed. */
import { CommanderError } from "commander";
import { lineOf } from "./ask.ts";
import { type Command, NOTHING, type Session, type Shown, type Typed } from "./command.ts";
import { COMMANDS } from "./commands/index.ts";
import { Mistake } from "./mistake.ts";
import { zoneName } from "./paint.ts";
import { type Grammar, lineFor, programOf, unknownCommand, wordsFor } from "./program.ts";

export interface Ran {
  text: string;
  /** What was typed was not done. */
  failed: boolean;
}

/** Words that {@link run} leaves to the prompt. */
export const PROMPT_WORDS = ["exit", "quit", "mol"];

/** Commands of the prompt. */
export const PROMPT_COMMANDS = COMMANDS.filter(({ only }) => only !== "shell");

const JSON_FLAG = "--json";

/** How a program differs from another. */
export type Manner = Pick<Grammar, "commands" | "program" | "names" | "options">;

const PROMPT: Manner = {
  commands: PROMPT_COMMANDS,
  program: "",
  names: "short",
  options: { json: { value: null, help: "answers as JSON" } },
};

/** Runs one command of the prompt. @throws nothing */
export async function run(session: Session, words: string[]): Promise<Ran> {
  try {
    const { text, json, exit = 0 } = await execute(session, words, PROMPT);
    return { text: words.includes("--json") ? json || text : text, failed: exit !== 0 };
  } catch (error) {
    return { text: session.paint.bad(lineOf(error)), failed: true };
  }
}

/**
 * Runs one command.
 * @param prepare is told of the options of all commands, before it runs
 * @throws Mistake; BidaError; whatever the command throws
 */
export async function execute(
  session: Session,
  words: string[],
  manner: Manner,
  prepare: (options: Record<string, unknown>) => void = () => undefined,
): Promise<Shown> {
  let help = "";
  let done: Shown = NOTHING;
  const root = programOf({
    ...manner,
    paint: session.paint,
    print: (text) => {
      help += text;
    },
    async act(command, typed, line) {
      const options = line.optsWithGlobals();
      refuseElsewhere(command, options);
      prepare(options);
      done = await command.run(session, typed);
    },
  });
  // It may stand before the command, too.
  const before = words[0] === JSON_FLAG ? [JSON_FLAG] : [];
  const typed = words.slice(before.length);
  const [first, ...rest] = typed;
  if (first === "help" || first === undefined) {
    const about = rest.filter((word) => word !== JSON_FLAG && word !== "--help");
    const line = lineFor(root, about);
    if (line === null) throw unknownCommand(root, about.join(" "), [...PROMPT_WORDS, "help"]);
    const notes = about.length === 0 && manner.program === "" ? promptNotes() : "";
    line.outputHelp();
    return plainly(help + notes);
  }
  if (!root.commands.some((one) => one.name() === first) && !first.startsWith("-"))
    throw unknownCommand(root, first, manner.program === "" ? [...PROMPT_WORDS, "help"] : ["help"]);
  const raw = manner.commands.find(({ raw, name }) => raw && `${typed.join(" ")} `.startsWith(`${name} `));
  if (raw && !(raw.helpHere && words.includes("--help")))
    return raw.run(session, argumentsOnly([...before, ...typed.slice(raw.name.split(" ").length)]));
  try {
    await root.parseAsync(words, { from: "user" });
    return done;
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    // A group alone. For people help stands in for the command that is missing.
    if (error.exitCode !== 0 && session.json) throw unknownCommand(lineFor(root, [first]) ?? root, "");
    return { ...plainly(help), exit: error.exitCode === 0 ? 0 : 2 };
  }
}

/** @throws Mistake if somebody names another Bida for what is done here */
function refuseElsewhere({ name, here }: Command, options: Record<string, unknown>): void {
  const named = here && ["url", "key", "user"].find((option) => options[option] !== undefined);
  if (named) throw new Mistake(`${name} works with this machine's settings; type it without --${named}`);
}

const argumentsOnly = (args: string[]): Typed => ({
  args,
  flags: new Set(),
  text: () => undefined,
  all: () => [],
});

const plainly = (text: string): Shown => ({ text: text.trimEnd(), json: JSON.stringify({ help: text }) });

/** What the prompt knows besides commands. */
const promptNotes = (): string =>
  [
    "\nBesides:",
    "  help [<command>]  this, or a command with its options and examples",
    "  mol <command>     Moleculer's own commands, which may do anything: mol help, mol services, mol call …",
    "  exit              leaves; Ctrl-D does the same",
    "\nWords with blanks stand in quotes. Tab completes.",
    `Times are those of ${zoneName()}. What changes something is in the audit log.`,
  ].join("\n");

/** Completions of a line's last word, for the prompt. */
export function completed(line: string): [string[], string] {
  const words = line.trimStart().split(/\s+/);
  const last = words.at(-1) ?? "";
  return [completions(PROMPT_COMMANDS, words, ["help", ...PROMPT_WORDS]).map((one) => `${one} `), last];
}

/**
 * What may stand in the place of the last of `words`.
 * @param more words that may come first, besides commands
 */
export function completions(
  commands: Command[],
  words: string[],
  more: string[],
  options: string[] = [],
): string[] {
  const last = words.at(-1) ?? "";
  const before = words.slice(0, -1).filter((word) => !word.startsWith("-"));
  const path = before[0] === "help" ? before.slice(1) : before;
  const ways = commands.flatMap((command) => wordsFor(command).map((way) => ({ command, way })));
  const next = ways
    .filter(({ way }) => path.every((word, i) => way[i] === word) && way.length > path.length)
    .map(({ way }) => way[path.length] as string);
  const chosen = ways.find(
    ({ command, way }) =>
      (way.length <= path.length && way.every((word, i) => path[i] === word)) ||
      (command.isDefault && path[0] === way[0] && (path.length === 1 || !next.length)),
  );
  const flags = chosen && before[0] !== "help" ? Object.keys(chosen.command.options) : [];
  const all = last.startsWith("-")
    ? [...flags, ...(chosen ? options : [])].map((flag) => `--${flag}`)
    : [...next, ...(path.length === 0 ? more : [])];
  return [...new Set(all)].filter((one) => one.startsWith(last));
}
