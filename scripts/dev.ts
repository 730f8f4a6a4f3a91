// `npm run dev`: Bida and the console's development server together. Bida starts again when a source file changes; the console
// changes in the browser at once. Arguments go to Vite: `npm run dev -- --port 5180`. Ctrl-C or SIGTERM ends both.
//
// Not by `node --watch`: it sends messages of its own out of worker threads, which Bida's threads would take for theirs.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { watch } from "node:fs";
import { join, resolve } from "node:path";
import { START } from "./start-command.ts";

const ROOT = resolve(import.meta.dirname, "..");
/** What a node is made of. */
const SOURCES = ["core", "store", "due", "actors", "services", "moleculer.config.ts"];
/** Editors write a file in several steps, and several files at once. */
const SETTLED_MS = 200;
/** A node finishes its calls within 28 s; a developer does not wait for that. */
const GRACE_MS = 5_000;

const { BIDA_HOST: host = "127.0.0.1", BIDA_PORT: port = "8080" } = process.env;

/** Each in a process group of its own, which can be ended with all that is in it. */
function start(command: string[], folder: string, env: NodeJS.ProcessEnv): ChildProcess {
  return spawn(process.execPath, command, {
    cwd: folder,
    env: { ...process.env, ...env },
    stdio: "inherit",
    detached: true,
  });
}

const startBida = () => start(START, ROOT, { BIDA_DRAIN_DELAY_MS: "0" });

function signal(child: ChildProcess, name: NodeJS.Signals): void {
  try {
    process.kill(-Number(child.pid), name);
  } catch {
    // It is gone already.
  }
}

/** Resolves once it has ended, and all that it started. */
async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) {
    const ended = once(child, "exit");
    signal(child, "SIGTERM");
    const kill = setTimeout(() => signal(child, "SIGKILL"), GRACE_MS);
    await ended;
    clearTimeout(kill);
  }
  signal(child, "SIGKILL"); // what it left behind
}

const vite = start(
  [join(ROOT, "ui/node_modules/vite/bin/vite.js"), ...process.argv.slice(2)],
  join(ROOT, "ui"),
  {
    BIDA_URL: `http://${host}:${port}`,
  },
);
const now = {
  bida: startBida(),
  /** Restarts come one after another; the end comes last. */
  turn: Promise.resolve(),
  settled: undefined as NodeJS.Timeout | undefined,
  ending: false,
};

function restart(): void {
  now.turn = now.turn.then(async () => {
    if (now.ending) return;
    await stop(now.bida);
    console.log("dev: a file has changed, Bida starts again");
    now.bida = startBida();
  });
}

const watchers = SOURCES.map((name) =>
  watch(join(ROOT, name), { recursive: true }, () => {
    clearTimeout(now.settled);
    now.settled = setTimeout(restart, SETTLED_MS);
  }),
);

async function end(code: number): Promise<void> {
  if (now.ending) return;
  now.ending = true;
  process.exitCode = code;
  clearTimeout(now.settled);
  for (const watcher of watchers) watcher.close();
  await now.turn;
  await Promise.all([stop(now.bida), stop(vite)]);
}

for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(name, () => void end(0));
// A Bida that ends by itself has said why, and waits for the next change.
vite.once("exit", () => void end(1));
