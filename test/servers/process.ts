// Child processes that never outlive the process that started them.
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { constants } from "node:os";

const KEPT_OUTPUT = 65_536;

/** A running program. It keeps no event loop alive: who forgets to stop it can still exit, and takes it along. */
export interface Running {
  readonly pid: number;
  /** Resolves with how it ended ("exit 1", "SIGKILL"), never rejects. */
  readonly ended: Promise<string>;
  /** The last 64 KiB of what it printed, stdout and stderr together. */
  output(): string;
  /** Resolves once what it prints matches; rejects, with its output, when it ends first or the deadline passes. */
  printed(pattern: RegExp, deadlineMs?: number): Promise<void>;
  /** Ends it: the signal, then SIGKILL after the deadline. Resolves when it is gone. */
  stop(signal?: NodeJS.Signals, deadlineMs?: number): Promise<void>;
}

/** Starts a program; a program that cannot be started shows as `ended`. */
export function launch(
  command: string,
  args: string[],
  options: { cwd?: string; env?: NodeJS.ProcessEnv } = {},
): Running {
  const child = spawn(...boundToUs(command, args), { ...options, stdio: ["ignore", "pipe", "pipe"] });
  const ended = endWithUs(child);
  let output = "";
  const listeners = new Set<() => void>();
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text: string) => {
      output = (output + text).slice(-KEPT_OUTPUT);
      for (const listener of listeners) listener();
    });
    (stream as unknown as { unref(): void }).unref();
  }
  child.unref();

  async function printed(pattern: RegExp, deadlineMs = 60_000): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const fail = (why: string) => reject(new Error(`${command}: ${why}\n${output}`));
    const look = () => pattern.test(output) && resolve();
    const deadline = setTimeout(() => fail(`not ready after ${deadlineMs} ms`), deadlineMs);
    listeners.add(look);
    look();
    ended.then((how) => fail(`ended before it was ready (${how})`));
    await promise.finally(() => {
      clearTimeout(deadline);
      listeners.delete(look);
    });
  }

  async function stop(signal: NodeJS.Signals = "SIGTERM", deadlineMs = 10_000): Promise<void> {
    child.ref(); // or Node could exit before the end is reported
    child.kill(signal);
    child.kill("SIGCONT"); // a test may have frozen it
    const deadline = setTimeout(() => child.kill("SIGKILL"), deadlineMs);
    await ended;
    clearTimeout(deadline);
    child.unref();
  }

  return { pid: child.pid ?? 0, ended, output: () => output, printed, stop };
}

interface Owned {
  pid: number;
  group: boolean;
}

const living = new Set<Owned>();
let watching = false;

process.on("exit", () => {
  for (const owned of living) killNow(owned);
});

/**
 * Kills a child when this process exits, also by SIGINT, SIGTERM or SIGHUP.
 * `group` means the child leads a process group (spawned `detached`), and all of that dies, as soon as the child ends.
 * Resolves with how the child ended.
 */
export function endWithUs(child: ChildProcess, group = false): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<string>();
  child.once("error", (error) => resolve(error.message));
  if (child.pid === undefined) return promise;
  const owned = { pid: child.pid, group };
  living.add(owned);
  child.once("exit", (code, signal) => {
    living.delete(owned);
    if (group) killNow(owned);
    resolve(signal ?? `exit ${code}`);
  });
  if (!watching) {
    watching = true;
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
      process.once(signal, () => process.exit(128 + constants.signals[signal]));
    }
  }
  return promise;
}

function killNow({ pid, group }: Owned): void {
  try {
    process.kill(group ? -pid : pid, "SIGKILL");
  } catch {
    // already gone
  }
}

let canBind: boolean | undefined;

/**
 * The command line under which Linux kills a program when the process that started it dies, by SIGKILL too,
 * where no code of ours runs any more. Elsewhere the command line as it is.
 */
export function boundToUs(command: string, args: string[]): [string, string[]] {
  const prefix = ["--pdeathsig", "KILL"];
  canBind ??= process.platform === "linux" && spawnSync("setpriv", [...prefix, "true"]).status === 0;
  return canBind ? ["setpriv", [...prefix, command, ...args]] : [command, args];
}
