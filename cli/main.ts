/**
 * The command line `bida`: what asks a Bida that runs (the same commands as at the prompt), and what starts, checks and moves
 * one. Exit codes: 0 done, 1 it could not be done, 2 a wrong call or a wrong setting, 128 and the signal's number where one ended it.
 */

import { setTimeout as pause } from "node:timers/promises";
import { ConfigError, loadClientConfig, secretSetting } from "../core/config.ts";
import { BidaError } from "../core/errors.ts";
import packageJson from "../package.json" with { type: "json" };
import { lineOf } from "../services/repl/ask.ts";
import type { Session } from "../services/repl/command.ts";
import type { HttpAccess } from "../services/repl/http-link.ts";
import type { Link } from "../services/repl/link.ts";
import { Mistake, Refused, Unreachable } from "../services/repl/mistake.ts";
import { Paint, plain } from "../services/repl/paint.ts";
import { execute, type Manner } from "../services/repl/run.ts";
import { sessionWith } from "../services/repl/session.ts";
import { EVERY_COMMAND } from "./commands/index.ts";
import { END_SIGNALS, exitCodeOf } from "./end-signals.ts";
import { GLOBAL_OPTIONS } from "./options.ts";

const MANNER: Manner = {
  commands: EVERY_COMMAND,
  program: "bida",
  names: "full",
  options: GLOBAL_OPTIONS,
};

/** Of a wrong call or a wrong setting. */
const USAGE = 2;
/** How long an interrupted command may take to close its connections, in ms. */
const GOODBYE = 1_000;

const words = process.argv.slice(2);
// `npm run repl -- tasks` is `bida repl tasks`: one command, and not the prompt.
if (words[0] === "repl" && words[1] !== undefined && !words[1].startsWith("-")) words.shift();
process.stdout.on("error", ({ code, message }: NodeJS.ErrnoException) => {
  // Who reads along may go away (`| head`): there is nobody left to tell. Anything else is a part that is missing.
  if (code === "EPIPE") process.exit(0);
  process.stderr.write(`bida: the output cannot be written: ${message}\n`, () => process.exit(1));
});
process.stderr.on("error", () => undefined);

/** Ctrl-C, a supervisor, or a terminal that is closed: what is under way ends, and a second one ends at once. */
const over = new AbortController();
const cut = Promise.withResolvers<number>();
let cutWith = 0;
for (const signal of END_SIGNALS)
  process.once(signal, () => {
    cutWith ||= exitCodeOf(signal);
    over.abort();
    if (!session.endsItself) cut.resolve(cutWith);
  });

const opened: Link[] = [];
let options: Record<string, unknown> = {};

async function link(): Promise<Link> {
  // Half of the modules are Moleculer's and its like, and help needs none of them.
  const { reach } = await import("../services/repl/reach.ts");
  const gone = () => end(1, "the Bida process has ended; start it and try again");
  const link = await reach(loadClientConfig(process.env), accessOf(options), gone);
  opened.push(link);
  return link;
}

/** Null: the process of this machine, or the cluster of the settings. */
function accessOf({ url, key, user }: Record<string, unknown>): HttpAccess | null {
  const given = (option: unknown, name: string) =>
    (option as string | undefined) ?? secretSetting(process.env, name);
  const at = given(url, "BIDA_URL");
  if (at === null) {
    if (key !== undefined || user !== undefined) throw new Mistake("--key and --user go with --url");
    return null;
  }
  // What was typed counts before what is set.
  const typed = key !== undefined || user !== undefined;
  return {
    url: at,
    key: typed ? ((key as string | undefined) ?? null) : given(key, "BIDA_API_KEY"),
    user: typed ? ((user as string | undefined) ?? null) : given(user, "BIDA_USER"),
  };
}

// Also where the words cannot be understood: their mistakes are JSON then. Shells ask `complete` with the words of others.
const json = words[0] !== "complete" && words.includes("--json");
const session: Session = sessionWith(link, { json, signal: over.signal });

async function main(): Promise<number> {
  if (words.find((word) => word !== "--json") === "--version") {
    const { version } = packageJson;
    await session.print(session.json ? JSON.stringify({ version }) : version);
    return 0;
  }
  const {
    text,
    json,
    exit = 0,
  } = await execute(session, words, MANNER, (given) => {
    options = given;
    session.remote = accessOf(given) !== null;
  });
  const answer = session.json ? json : text;
  if (answer !== "") await session.print(answer);
  return exit;
}

function codeOf(error: unknown): number {
  if (error instanceof Mistake) return error.exit;
  if (error instanceof ConfigError) return USAGE;
  return error instanceof BidaError && error.status < 500 && error.errors.length > 0 ? USAGE : 1;
}

/** @param line null: there is nothing to say */
function end(code: number, line: string | null): never {
  if (line === null) process.exit(code);
  const paint = new Paint(process.stderr);
  const shown = session.json ? JSON.stringify({ error: line }) : `bida: ${paint.bad(plain(line))}`;
  process.stderr.write(`${shown}\n`);
  process.exit(code);
}

/** What nobody can do anything about but read it; the rest of an unexpected error is for anyone who asks for it. */
function messageOf(error: unknown): string {
  if (error instanceof ConfigError || error instanceof Unreachable) return error.message;
  if (process.env.BIDA_DEBUG && !(error instanceof Mistake)) return String((error as Error).stack);
  return lineOf(error);
}

/** Says goodbye to those that were asked. After an interruption nobody waits long for that. */
async function leave(): Promise<void> {
  const closed = Promise.all(opened.map((one) => one.close()));
  await (over.signal.aborted ? Promise.race([closed, pause(GOODBYE)]) : closed);
}

try {
  const code = await Promise.race([main(), cut.promise]);
  await leave();
  process.exit(code);
} catch (error) {
  // What it came to by then is worth a line; that it was interrupted is not.
  if (over.signal.aborted) end(cutWith, error instanceof Refused ? error.message : null);
  end(codeOf(error), messageOf(error));
}
