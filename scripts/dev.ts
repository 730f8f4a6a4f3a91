// `npm run dev`: Bida and the console's development server together. Bida starts again when a source file changes; the console
// changes in the browser at once. Arguments go to Vite: `npm run dev -- --port 5180`. Ctrl-C or SIGTERM ends both.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join, resolve } from "node:path";
import { START } from "./start-command.ts";

const ROOT = resolve(import.meta.dirname, "..");
/** A node finishes its calls within 28 s; a developer does not wait for that. */
const GRACE_MS = 5_000;

const { BIDA_HOST: host = "127.0.0.1", BIDA_PORT: port = "8080" } = process.env;

/** Each in a process group of its own: `node --watch` has a child, which must not outlive it. */
function start(command: string[], folder: string, env: NodeJS.ProcessEnv = {}): ChildProcess {
  return spawn(process.execPath, command, {
    cwd: folder,
    env: { ...process.env, ...env },
    stdio: "inherit",
    detached: true,
  });
}

const children = {
  Bida: start(["--watch", "--watch-preserve-output", ...START], ROOT, { BIDA_DRAIN_DELAY_MS: "0" }),
  Vite: start([join(ROOT, "ui/node_modules/vite/bin/vite.js"), ...process.argv.slice(2)], join(ROOT, "ui"), {
    BIDA_URL: `http://${host}:${port}`,
  }),
};

function signal(child: ChildProcess, name: NodeJS.Signals): void {
  try {
    process.kill(-Number(child.pid), name);
  } catch {
    // It is gone already.
  }
}

let ending = false;
/** Ends what still runs, and then this process. */
async function end(code: number): Promise<void> {
  if (ending) return;
  ending = true;
  process.exitCode = code;
  const running = Object.values(children).filter(
    (child) => child.exitCode === null && child.signalCode === null,
  );
  const kill = setTimeout(() => running.forEach((child) => void signal(child, "SIGKILL")), GRACE_MS);
  await Promise.all(
    running.map((child) => {
      const ended = once(child, "exit");
      signal(child, "SIGTERM");
      return ended;
    }),
  );
  clearTimeout(kill);
  // What a leader left behind.
  for (const child of Object.values(children)) signal(child, "SIGKILL");
}

for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(name, () => void end(0));
for (const [name, child] of Object.entries(children))
  child.once("exit", (code, how) => {
    if (!ending) console.error(`dev: ${name} has ended (${how ?? code})`);
    void end(1);
  });
