/**
 * The command line `bida`: what asks a Bida that runs (the same commands as at the prompt), and what starts, checks and moves
 * one. Exit codes: 0 done, 1 it could not be done, 2 a wrong call or a wrong setting.
 */

import { ConfigError, loadClientConfig } from "../core/config.ts";
import { BidaError } from "../core/errors.ts";
import packageJson from "../package.json" with { type: "json" };
import { lineOf } from "../services/repl/ask.ts";
import { Unreachable } from "../services/repl/attach.ts";
import type { Session } from "../services/repl/command.ts";
import type { HttpAccess } from "../services/repl/http-link.ts";
import type { Link } from "../services/repl/link.ts";
import { Mistake } from "../services/repl/mistake.ts";
import { Paint, plain } from "../services/repl/paint.ts";
import { reach } from "../services/repl/reach.ts";
import { execute, type Manner } from "../services/repl/run.ts";
import { sessionWith } from "../services/repl/session.ts";
import { EVERY_COMMAND } from "./commands/index.ts";
import { GLOBAL_OPTIONS } from "./options.ts";

const MANNER: Manner = {
  commands: EVERY_COMMAND,
  program: "bida",
  names: "full",
  options: GLOBAL_OPTIONS,
};

/** Of a wrong call or a wrong setting. */
const USAGE = 2;

const words = process.argv.slice(2);
// `npm run repl -- tasks` is `bida repl tasks`: one command, and not the prompt.
if (words[0] === "repl" && words[1] !== undefined && !words[1].startsWith("-")) words.shift();
// Who reads along may go away (`| head`): there is nobody left to tell.
process.stdout.on("error", () => process.exit(0));
process.stderr.on("error", () => undefined);

/** Ctrl-C, a supervisor, or a terminal that is closed: what is under way ends, and a second one ends at once. */
const over = new AbortController();
const interrupted = () => over.abort();
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.once(signal, interrupted);

const opened: Link[] = [];
let options: Record<string, unknown> = {};

async function link(): Promise<Link> {
  const gone = () => end(1, "the Bida process has ended; start it and try again");
  const link = await reach(loadClientConfig(process.env), accessOf(options), gone);
  opened.push(link);
  return link;
}

/** Null: the process of this machine, or the cluster of the settings. */
function accessOf({ url, key, user }: Record<string, unknown>): HttpAccess | null {
  const given = (option: unknown, name: string) =>
    (option as string | undefined) ?? (process.env[name] || null);
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

function end(code: number, line: string): never {
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

try {
  const code = await main();
  for (const one of opened) await one.close();
  process.exit(code);
} catch (error) {
  if (over.signal.aborted) process.exit(130);
  end(codeOf(error), messageOf(error));
}
