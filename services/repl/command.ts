/** A command of the REPL: what it is called, what it takes, what it does; and reading what was typed against that. */
import { parseArgs } from "node:util";
import type { ServiceBroker } from "moleculer";
import type { Actor } from "../../core/caller.ts";
import { Mistake, nearest } from "./mistake.ts";
import type { Paint } from "./paint.ts";

/** What commands work with. */
export interface Session {
  broker: ServiceBroker;
  /** In the audit log. */
  actor: Actor;
  paint: Paint;
  /** Shows the next page of the last list; null where there is none. */
  more: (() => Promise<string>) | null;
}

export interface Option {
  /** What stands behind it, such as `<text>`; null: nothing. */
  value: string | null;
  help: string;
  /** It may be given several times. */
  multiple?: boolean;
}

export interface Typed {
  args: string[];
  flags: Set<string>;
  /** The last one given. */
  text(name: string): string | undefined;
  all(name: string): string[];
}

export interface Command {
  name: string;
  /** What stands behind the name: `<id> …`. */
  args: string;
  /** How many of them: at least, at most. */
  arity: [min: number, max: number];
  summary: string;
  /** More of it, in lines. */
  about?: string[];
  options: Record<string, Option>;
  examples: string[];
  /** @returns what is printed @throws Mistake; BidaError */
  run(session: Session, typed: Typed): Promise<string>;
}

export const usageOf = ({ name, args }: Command): string => [name, args].filter(Boolean).join(" ");

/** @throws Mistake */
export function readTyped(command: Command, words: string[]): Typed {
  const { name, options, arity } = command;
  const { tokens } = parseArgs({
    args: words,
    options: Object.fromEntries(
      Object.entries(options).map(([key, { value }]) => [
        key,
        { type: value === null ? "boolean" : "string" } as const,
      ]),
    ),
    strict: false,
    allowPositionals: true,
    tokens: true,
  });
  const flags = new Set<string>();
  const values = new Map<string, string[]>();
  const args: string[] = [];
  for (const token of tokens) {
    if (token.kind === "positional") args.push(token.value);
    if (token.kind !== "option") continue;
    const option = Object.hasOwn(options, token.name) ? options[token.name] : undefined;
    if (!option) throw unknownOption(command, token.rawName);
    if (option.value === null) {
      if (token.value !== undefined) throw new Mistake(`${token.rawName} takes no value; leave it out`);
      flags.add(token.name);
    } else {
      if (token.value === undefined || (!token.inlineValue && token.value.startsWith("--")))
        throw new Mistake(`${token.rawName} needs a value: ${token.rawName} ${option.value}`);
      const before = values.get(token.name) ?? [];
      if (before.length > 0 && !option.multiple) throw new Mistake(`${token.rawName} can be given once only`);
      values.set(token.name, [...before, token.value]);
    }
  }
  if (args.length < arity[0]) throw new Mistake(`${name} needs more; type: ${usageOf(command)}`);
  if (args.length > arity[1])
    throw new Mistake(
      arity[1] === 0
        ? `${name} takes options only, not "${args[0]}"; "help ${name}" lists them`
        : `"${args[arity[1]]}" is too much; type: ${usageOf(command)}`,
    );
  return {
    args,
    flags,
    text: (key) => values.get(key)?.at(-1),
    all: (key) => values.get(key) ?? [],
  };
}

function unknownOption({ name, options }: Command, given: string): Mistake {
  const known = Object.keys(options);
  if (known.length === 0) return new Mistake(`${name} takes no options; leave ${given} out`);
  const meant = nearest(given.replace(/^-+/, ""), known);
  const instead = meant
    ? `did you mean --${meant}?`
    : `it takes ${known.map((key) => `--${key}`).join(", ")}`;
  return new Mistake(`${name} has no option ${given}; ${instead}`);
}
