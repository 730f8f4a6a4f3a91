// `npm run import:kkbida` as a process, and what is in the database it works on.

import { spawn } from "node:child_process";
import { join, resolve } from "node:path";
import { closeDatabase, openDatabase } from "../../store/database.ts";
import { boundToUs, endWithUs } from "../servers/process.ts";
import { dataFolder } from "../servers/server.ts";
import type { Place } from "../store/fixtures.ts";

const ROOT = resolve(import.meta.dirname, "../..");
/** Where a node beside MySQL keeps the key that it makes; the same for all runs of a file. */
const KEYS = dataFolder("import-keys");

/** Nothing of this machine's settings; what is compiled once is kept for the next one, as that takes a third of its time. */
export const BARE: Readonly<Record<string, string>> = Object.fromEntries(
  ["PATH", "NODE_COMPILE_CACHE"].flatMap((name) => {
    const value = process.env[name];
    return value === undefined ? [] : [[name, value]];
  }),
);

export interface Run {
  pid: number;
  /** All it printed so far. */
  stdout(): string;
  stderr(): string;
  /** How it ended: "exit 0". */
  ended: Promise<string>;
  kill(signal: NodeJS.Signals): void;
  /** Resolves when it has printed this, or ended. */
  printed(pattern: RegExp): Promise<void>;
}

export const environment = (place: Place): Record<string, string> =>
  place.databaseUrl === null
    ? { BIDA_DATA_DIR: place.dataDir }
    : { BIDA_DATABASE_URL: place.databaseUrl, BIDA_DATA_DIR: KEYS };

/** Starts it. */
export function start(args: string[], env: Record<string, string>): Run {
  const child = spawn(...boundToUs(process.execPath, [join(ROOT, "scripts/import-kkbida.ts"), ...args]), {
    cwd: ROOT,
    env: { ...BARE, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let [out, err] = ["", ""];
  const listeners = new Set<() => void>();
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    out += text;
    for (const listener of listeners) listener();
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    err += text;
  });
  const closed = new Promise<void>((done) => child.once("close", () => done()));
  const ended = endWithUs(child).then(async (how) => {
    await closed;
    return how;
  });
  return {
    pid: child.pid ?? 0,
    stdout: () => out,
    stderr: () => err,
    ended,
    kill: (signal) => void child.kill(signal),
    printed: (pattern) =>
      new Promise((done) => {
        const look = () => pattern.test(out) && done();
        listeners.add(look);
        look();
        void ended.then(() => done());
      }),
  };
}

/** Runs it to its end. */
export async function run(
  args: string[],
  place: Place,
  more: Record<string, string> = {},
): Promise<{ how: string; stdout: string; stderr: string }> {
  const process = start(args, { ...environment(place), ...more });
  return { how: await process.ended, stdout: process.stdout(), stderr: process.stderr() };
}

/** The figure of a line of the summary. */
export function figure(stdout: string, label: string): number {
  const line = stdout.split("\n").find((text) => text.trim().startsWith(label));
  return Number(/([\d,]+)$/.exec(line ?? "")?.[1]?.replaceAll(",", ""));
}

/** All rows of the tables that an import writes, in the order of their keys. */
export async function contents(place: Place): Promise<Record<string, unknown[]>> {
  const db = openDatabase(place);
  try {
    return {
      tasks: await db.knex("tasks").orderBy("task_id"),
      attempts: await db.knex("attempts").orderBy(["task_id", "n"]),
      imports: await db.knex("kkbida_imports").orderBy(["kind", "id"]),
    };
  } finally {
    await closeDatabase(db);
  }
}
