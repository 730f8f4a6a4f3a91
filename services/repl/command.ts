/** A command: what it is called, what it takes, what it does. The prompt and the command line `bida` run the same ones. */
import type { Link } from "./link.ts";
import type { Paint } from "./paint.ts";

/** What commands work with. */
export interface Session {
  /** The way to Bida, which is opened when it is needed first. @throws Unreachable; ConfigError */
  link(): Promise<Link>;
  paint: Paint;
  /** Over HTTP, to another machine: what is here says nothing of what is there. */
  remote: boolean;
  /** At the prompt, where one command follows another. */
  atPrompt: boolean;
  /** Answers are JSON. */
  json: boolean;
  /** Shows the next page of the last list; null where there is none. */
  more: (() => Promise<Shown>) | null;
  /** Prints a line of what comes bit by bit. Resolves once it may go on. */
  print(line: string): Promise<void>;
  /** Writes to where lines are printed, not a byte more or less. Resolves once it may go on. */
  write(chunk: string | Uint8Array): Promise<void>;
  /**
   * A command sets it that comes to its end by itself once `signal` is aborted. The program leaves all others where they are
   * then, and ends.
   */
  endsItself: boolean;
  /** Anyone who typed it wants no more of it. */
  signal: AbortSignal;
}

/** What is printed: one or the other. */
export interface Shown {
  text: string;
  json: string;
  /** The program's exit code; default 0. */
  exit?: number;
}

/** @param value what JSON is made of */
export const shown = (value: unknown, text: string): Shown => ({ text, json: JSON.stringify(value) });

/** Everything was printed already. */
export const NOTHING: Shown = { text: "", json: "" };

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
  /** One word, or a group and one: `tasks list`. */
  name: string;
  /** The group alone does the same. */
  isDefault?: true;
  /** A name of one word for the prompt, where there is a shorter way: `task`. */
  short?: string;
  /** Where it can be typed; default: at both. */
  only?: "prompt" | "shell";
  /** Programs type it, not people: help leaves it out. */
  hidden?: true;
  /** Everything behind its name goes to it as it was typed, `--help` too. */
  raw?: true;
  /** Of a raw one: its program is not here, and help on it is what this one knows. */
  helpHere?: boolean;
  /** It works with this machine's settings and files: another Bida cannot be asked to do it. */
  here?: true;
  /** What stands behind the name: `<id> …`. */
  args: string;
  /** How many of them: at least, at most. */
  arity: [min: number, max: number];
  summary: string;
  /** More of it, in lines. */
  about?: string[];
  options: Record<string, Option>;
  examples: string[];
  /** @throws Mistake; BidaError */
  run(session: Session, typed: Typed): Promise<Shown>;
}

/** What the first words of commands have in common. */
export const GROUPS: Record<string, string> = {
  tasks: "tasks: look at them, change them, send them again",
  jobs: "jobs over many tasks",
  destinations: "destinations: what is called, and how much of it",
  alarms: "alarms that were raised, what is muted, and channels",
  apps: "calling apps, their keys and secrets",
  users: "who may log in",
  import: "moves another product's data over",
};
