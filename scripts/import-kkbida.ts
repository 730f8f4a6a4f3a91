/** `npm run import:kkbida`: moves a kkbida over. See `docs/migrating-from-kkbida.md`, and `--help`. */
import { closeSync, openSync, writeSync } from "node:fs";
import { createInterface } from "node:readline/promises";
import { setTimeout as pause } from "node:timers/promises";
import { type Config, ConfigError, loadConfig } from "../core/config.ts";
import { BidaError } from "../core/errors.ts";
import { importKkbida } from "../store/kkbida/import.ts";
import type { Remark } from "../store/kkbida/options.ts";
import { Source, SourceError } from "../store/kkbida/source.ts";
import type { Tally } from "../store/kkbida/tally.ts";
import { channelSink } from "./import-kkbida/channels.ts";
import { HELP, type Options, readOptions, UsageError } from "./import-kkbida/options.ts";
import { lookAtPlace, openPlace, type Place } from "./import-kkbida/place.ts";
import { progress, summary, summaryJson } from "./import-kkbida/summary.ts";

interface Report {
  write(remark: Remark): void;
  close(): void;
}

const DAY_MS = 86_400_000;
const EXIT = { done: 0, refused: 1, usage: 2, leftOut: 3, stopped: 130 };

let stopped = false;
/** Ends pauses. */
const ended = new AbortController();
for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.once(signal, () => {
    stopped = true;
    ended.abort();
  });
}

// Anyone who reads along may go away (`| head`); the import goes on.
process.stdout.on("error", () => undefined);

async function main(): Promise<number> {
  const options = readOptions(process.argv.slice(2));
  if (options === null) {
    process.stdout.write(HELP);
    return EXIT.done;
  }
  // Of programs' stdout the summary alone is theirs.
  const say = options.json ? console.error : console.log;
  const config = loadConfig(process.env);
  const source = await Source.open(options.source);
  try {
    const place = options.dryRun ? await lookAtPlace(config) : await openPlace(config, lockLost);
    try {
      const into =
        place.db?.label ?? config.databaseUrl?.replace(/\/\/.*@/, "//") ?? `a new file in ${config.dataDir}`;
      say(`From ${source.db.label} into ${into}${options.dryRun ? " (dry run: nothing is changed)" : ""}`);
      if (!(await agreed(options, source))) return EXIT.refused;
      const firstLog = await source.lastLogId();
      const report = openReport(options.report);
      let last = await importOnce(source, place, config, options, report, say);
      while (options.followMs !== null && last.complete && last.tally.tasks.postponed > 0 && !stopped) {
        await pause(options.followMs, undefined, { signal: ended.signal }).catch(() => undefined);
        last = await importOnce(source, place, config, options, report, say);
      }
      report.close();
      const { tally } = last;
      const stillRuns = !options.endedOnly && (await source.lastLogId()) !== firstLog;
      const isStopped = !last.complete || stopped;
      if (options.json)
        console.log(summaryJson(tally, { dryRun: options.dryRun, stopped: isStopped, stillRuns }));
      if (stillRuns)
        say("\nkkbida is still running: it has made calls meanwhile. Stop it, and import again.");
      if (isStopped) {
        say("\nStopped. Start it again to go on.");
        return EXIT.stopped;
      }
      return tally.tasks.leftOut + tally.webhooks.leftOut > 0 ? EXIT.leftOut : EXIT.done;
    } finally {
      await place.close();
    }
  } finally {
    await source.close();
  }
}

async function importOnce(
  source: Source,
  place: Place,
  config: Config,
  options: Options,
  report: Report,
  say: (line: string) => void,
): Promise<{ tally: Tally; complete: boolean }> {
  const keptMs = config.retentionDays * DAY_MS;
  const show = progress(say);
  const result = await importKkbida(source, place.db, !options.dryRun, {
    ...options,
    legacy: config.legacy,
    oldBefore: keptMs === 0 ? null : Date.now() - keptMs,
    webhooks: channelSink(config),
    onPage(tally) {
      show(tally);
      return !stopped;
    },
    onRemark: report.write,
  });
  say(`\n${summary(result.tally, options.dryRun)}`);
  return result;
}

/** Asks where somebody sits at a terminal. */
async function agreed(options: Options, source: Source): Promise<boolean> {
  if (options.dryRun || options.yes || !process.stdin.isTTY) return true;
  const { tasks, logs, webhooks } = await source.totals();
  const output = options.json ? process.stderr : process.stdout;
  const terminal = createInterface({ input: process.stdin, output });
  const answer = await terminal.question(
    `${tasks} tasks, ${logs} logs, ${webhooks} webhooks. Is kkbida stopped, and shall they be imported? [y/N] `,
  );
  terminal.close();
  return /^y(es)?$/i.test(answer.trim());
}

/** Lines of JSON, written as they come. @throws UsageError where the file cannot be written */
function openReport(path: string | null): Report {
  if (path === null) return { write: () => undefined, close: () => undefined };
  try {
    const file = openSync(path, "w");
    return {
      write: (remark) => void writeSync(file, `${JSON.stringify(remark)}\n`),
      close: () => closeSync(file),
    };
  } catch (error) {
    throw new UsageError(`--report: ${(error as Error).message}`);
  }
}

function lockLost(): never {
  complain("the database's lock was lost to another Bida process; start again when that has ended");
  process.exit(EXIT.refused);
}

/** Also where the arguments cannot be understood. */
function complain(line: string): void {
  console.error(process.argv.includes("--json") ? JSON.stringify({ error: line }) : `import: ${line}`);
}

function exitOf(error: unknown): number {
  const line = (error as Error).message;
  if (error instanceof UsageError) {
    complain(`${line} (--help shows how)`);
    return EXIT.usage;
  }
  if (error instanceof ConfigError || error instanceof SourceError) complain(line);
  else if (error instanceof BidaError) complain(`${line}; start it again to go on`);
  else complain(`it failed, and can be started again: ${reasonOf(error)}`);
  return EXIT.refused;
}

/** Without the statement and its values, which Knex puts before the server's words. */
function reasonOf(error: unknown): string {
  const { sqlMessage, code, message } = error as { sqlMessage?: string; code?: string; message?: string };
  return (
    sqlMessage ?? (code?.startsWith("SQLITE") ? code : (message ?? String(error)).split(" - ").at(-1)) ?? ""
  );
}

try {
  process.exitCode = await main();
} catch (error) {
  process.exitCode = exitOf(error);
}
