/** From a line to what is printed. */
import { lineOf } from "./ask.ts";
import { readTyped, type Session } from "./command.ts";
import { COMMANDS } from "./commands/index.ts";
import { helpOn, helpOnAll } from "./help.ts";
import { Mistake, nearest } from "./mistake.ts";

export interface Ran {
  text: string;
  /** What was typed was not done. */
  failed: boolean;
}

/** Words that {@link run} leaves to the prompt. */
export const PROMPT_WORDS = ["exit", "quit", "mol"];

/** Runs one command. @throws nothing */
export async function run(session: Session, words: string[]): Promise<Ran> {
  try {
    return { text: await done(session, words), failed: false };
  } catch (error) {
    return { text: session.paint.bad(lineOf(error)), failed: true };
  }
}

async function done(session: Session, [name = "", ...words]: string[]): Promise<string> {
  if (name === "help") return help(session, words);
  const command = COMMANDS.find((one) => one.name === name);
  if (!command) throw unknownCommand(name);
  if (words.includes("--help")) return helpOn(command, session.paint);
  return command.run(session, readTyped(command, words));
}

function help({ paint }: Session, [name]: string[]): string {
  if (name === undefined) return helpOnAll(paint);
  const command = COMMANDS.find((one) => one.name === name);
  if (!command) throw unknownCommand(name);
  return helpOn(command, paint);
}

function unknownCommand(name: string): Mistake {
  const meant = nearest(name, [...COMMANDS.map((one) => one.name), "help", ...PROMPT_WORDS]);
  const instead = meant ? `did you mean "${meant}"?` : '"help" lists the commands';
  return new Mistake(`there is no command "${name}"; ${instead}`);
}

/** Completions of a line's last word, for the prompt. */
export function completed(line: string): [string[], string] {
  const words = line.trimStart().split(/\s+/);
  const last = words.at(-1) ?? "";
  const names = [...COMMANDS.map(({ name }) => name), "help", ...PROMPT_WORDS];
  const command = COMMANDS.find(({ name }) => name === words[0]);
  const all =
    words.length < 2 || words[0] === "help"
      ? names
      : Object.keys(command?.options ?? {}).map((option) => `--${option}`);
  return [all.filter((one) => one.startsWith(last)).map((one) => `${one} `), last];
}
