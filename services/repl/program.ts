/**
 * Commands as a grammar of commander (https://github.com/tj/commander.js), which reads what was typed, writes help, and knows
 * what can be completed. Its errors become our {@link Mistake}: one line that says what to type instead.
 */
import { type Help, Command as Line, Option as LineOption } from "commander";
import { type Command, GROUPS, type Typed } from "./command.ts";
import { Mistake, nearest } from "./mistake.ts";
import type { Paint } from "./paint.ts";

export type Act = (command: Command, typed: Typed, line: Line) => Promise<void>;

export interface Grammar {
  commands: Command[];
  /** How help calls the program; "": commands stand alone, as at the prompt. */
  program: string;
  /** `short`: commands go by their short names where they have one, as at the prompt. */
  names: "short" | "full";
  /** Options of all commands. */
  options: Record<string, { value: string | null; help: string }>;
  paint: Paint;
  /** Where help goes. */
  print(text: string): void;
  act: Act;
}

/** Words that are typed for commands: `tasks get`, and `task` for short. */
export const wordsFor = ({ name, short }: Command): string[][] => [
  name.split(" "),
  ...(short === undefined ? [] : [[short]]),
];

/** The one tree of all commands. */
export function programOf(grammar: Grammar): Line {
  const root = new Words(grammar.program || "bida");
  root.helpCommand(false).exitOverride();
  root.configureOutput({ writeOut: grammar.print, writeErr: grammar.print });
  root.configureHelp({ ...layout(grammar), showGlobalOptions: true });
  root.usage("<command> [options]");
  for (const [name, { value, help }] of Object.entries(grammar.options))
    root.option(`--${name}${value === null ? "" : ` ${value}`}`, help);
  root.helpOption("--help", "shows this");
  for (const command of grammar.commands) {
    for (const words of wordsFor(command)) addCommand(root, command, words, grammar);
  }
  return root;
}

function addCommand(root: Words, command: Command, words: string[], grammar: Grammar): void {
  const [first = "", second] = words;
  const parent = second === undefined ? root : groupOf(root, first);
  // Where both names lead to the same, help shows one.
  const shorter = grammar.names === "short" ? command.short !== undefined : false;
  const isShort = words.join(" ") === command.short;
  const hidden = command.hidden === true || (command.short !== undefined && isShort !== shorter);
  const line = parent.command(second ?? first, { isDefault: command.isDefault === true, hidden }) as Words;
  line.means = command;
  line.description([command.summary, ...(command.about ?? [])].join("\n")).summary(command.summary);
  line.helpOption("--help", "shows this");
  const { args } = command;
  // How many there may be is counted, and said, in `typedIn`.
  line.allowExcessArguments(true);
  line.usage([args.startsWith("[options]") ? "" : args, "[options]"].filter(Boolean).join(" "));
  for (const [name, option] of Object.entries(command.options)) line.addOption(optionOf(name, option));
  const typedAs = grammar.program === "" ? "" : `${grammar.program} `;
  const examples = command.examples.map((one) => `  ${typedAs}${namedAs(one, command, words.join(" "))}`);
  const text = ["\nExamples:", ...examples].join("\n");
  line.addHelpText("after", text);
  if (command.isDefault) parent.addHelpText("after", text);
  line.action(async () => {
    const typed = typedIn(line, command);
    await grammar.act(command, typed, line);
  });
}

/** Examples are written with the full name; a prompt that goes by short ones shows those. */
const namedAs = (example: string, command: Command, path: string): string =>
  example.startsWith(command.name) ? path + example.slice(command.name.length) : example;

function groupOf(root: Words, name: string): Words {
  const known = root.commands.find((one) => one.name() === name);
  if (known) return known as Words;
  const group = root.command(name) as Words;
  return group
    .helpCommand(false)
    .description(GROUPS[name] ?? "")
    .usage("<command> [options]") as Words;
}

function optionOf(name: string, { value, help, multiple }: Command["options"][string]): LineOption {
  const option = new LineOption(`--${name}${value === null ? "" : ` ${value}`}`, help);
  if (value === null) return option;
  return option.argParser<string[]>((given, before = []) => {
    if (given.startsWith("--")) throw new Mistake(`--${name} needs a value: --${name} ${value}`);
    if (before.length > 0 && !multiple) throw new Mistake(`--${name} can be given once only`);
    return [...before, given];
  });
}

function typedIn(line: Words, command: Command): Typed {
  const { args } = line;
  const [min, max] = command.arity;
  if (args.length < min) throw new Mistake(`${line.path} needs more; type: ${line.shape}`);
  if (args.length > max) throw new Mistake(line.tooMuch(args[max] as string, max));
  const given = (name: string): unknown => line.getOptionValue(camel(name));
  const all = (name: string) => (given(name) as string[] | undefined) ?? [];
  const flags = Object.keys(command.options).filter((name) => given(name) === true);
  return { args, flags: new Set(flags), all, text: (name) => all(name).at(-1) };
}

const camel = (name: string): string => name.replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase());

/** A command of commander whose errors are mistakes of ours. */
class Words extends Line {
  /** Groups have none. */
  means: Command | null = null;

  override createCommand(name?: string): Words {
    return new Words(name);
  }

  /** As it is typed, without the program's name. */
  get path(): string {
    const { parent } = this;
    if (parent === null) return "";
    const before = (parent as Words).path;
    return this.means?.isDefault ? before : [before, this.name()].filter(Boolean).join(" ");
  }

  /** With the word that may be left out. */
  get fullPath(): string {
    const before = this.parent === null ? "" : (this.parent as Words).fullPath;
    return this.parent === null ? "" : `${before} ${this.name()}`.trim();
  }

  /** With what it takes. */
  get shape(): string {
    return [this.path, this.means?.args].filter(Boolean).join(" ");
  }

  override error(message: string, { code = "" } = {}): never {
    // The first in quotes is what the error is about: an option, an argument, a word.
    const about = /'([^']*)'/.exec(message)?.[1] ?? "";
    if (code === "commander.unknownOption") throw this.#unknownOption(about);
    if (code === "commander.optionMissingArgument")
      throw new Mistake(`${about.split(" ")[0]} needs a value: ${about}`);
    if (code === "commander.unknownCommand") throw unknownCommand(this, about);
    throw new Mistake(message.replace(/^error: /, "").replaceAll("\n", " "));
  }

  #unknownOption(given: string): Mistake {
    const [name = given] = given.split("=");
    const flags = this.options.map(({ long }) => long as string);
    if (flags.includes(name)) return new Mistake(`${name} takes no value; leave it out`);
    if (this.means === null) return unknownCommand(this, given);
    if (flags.length === 0) return new Mistake(`${this.path} takes no options; leave ${name} out`);
    const meant = nearest(
      name.replace(/^-+/, ""),
      flags.map((flag) => flag.slice(2)),
    );
    const instead = meant ? `did you mean --${meant}?` : `it takes ${flags.join(", ")}`;
    return new Mistake(`${this.path} has no option ${name}; ${instead}`);
  }

  tooMuch(word: string, max: number): string {
    const siblings = this.means?.isDefault ? namesIn(this.parent as Words) : [];
    const meant = nearest(word, siblings);
    if (meant) return `there is no command "${this.path} ${word}"; did you mean "${this.path} ${meant}"?`;
    if (max > 0) return `"${word}" is too much; type: ${this.shape}`;
    return `${this.path} takes options only, not "${word}"; "help ${this.fullPath}" lists them`;
  }
}

const namesIn = (line: Line): string[] => line.commands.map((one) => one.name());

/** @param more words that are no commands of commander */
export function unknownCommand(line: Line, name: string, more: string[] = []): Mistake {
  const group = line.parent === null ? "" : `${line.name()} `;
  if (name === "") return new Mistake(`${group}needs more; "help ${group.trim()}" lists what there is`);
  const meant = nearest(name, [...namesIn(line), ...(group ? [] : more)]);
  const list = `"help${group && ` ${group.trim()}`}" lists the commands`;
  const instead = meant ? `did you mean "${group}${meant}"?` : list;
  return new Mistake(`there is no command "${group}${name}"; ${instead}`);
}

/** What help on a command looks like. */
function layout({ program, paint }: Grammar): Partial<Help> {
  return {
    styleTitle: (text) => paint.style("bold", text),
    helpWidth: paint.width ?? 110,
    commandUsage: (line) => {
      const path = line instanceof Words ? line.path : line.name();
      return [program, path, line.usage()].filter(Boolean).join(" ");
    },
    subcommandTerm: (line) =>
      (line instanceof Words && line.means ? `${line.name()} ${line.means.args}` : line.name()).trim(),
  };
}

/** The command or group that words name, or null. */
export function lineFor(root: Line, words: string[]): Line | null {
  let line: Line | null = root;
  for (const word of words) line = line?.commands.find((one) => one.name() === word) ?? null;
  return line;
}
