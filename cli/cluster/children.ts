/** Processes of a cluster on this machine: started in turn, stopped in the reverse. */
import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { Refused } from "../../services/repl/mistake.ts";

export interface Child {
  name: string;
  command: string;
  args: string[];
  env?: NodeJS.ProcessEnv;
  /** A line of its output that says that it can be used. Missing: it need not be waited for. */
  ready?: RegExp;
  /** Whether its lines are shown; others are kept for when it fails. */
  shown: boolean;
}

/** How long one may take to become ready, and then to stop, in ms. */
const PATIENCE = 60_000;
const GOODBYE = 35_000;
/** Lines that are kept of each, for when it fails. */
const KEPT = 5;

export class Children {
  readonly #print: (line: string) => void;
  readonly #running: { child: ChildProcess; name: string; ended: Promise<string> }[] = [];
  readonly #failed = Promise.withResolvers<string>();
  #stopping = false;

  /** @param print a line for people */
  constructor(print: (line: string) => void) {
    this.#print = print;
  }

  /** Resolves with one line once a process ends that was not told to. */
  get failed(): Promise<string> {
    return this.#failed.promise;
  }

  /** Resolves once it is ready. @throws Refused where it ends before, or takes too long */
  async start({ name, command, args, env = process.env, ready, shown }: Child): Promise<void> {
    if (this.#stopping) throw new Refused(`${name} is not started any more`);
    // A group of its own: Ctrl-C at the terminal reaches this process alone, which stops the others in their order.
    const child = spawn(command, args, { stdio: ["ignore", "pipe", "pipe"], env, detached: true });
    const last: string[] = [];
    const isReady = Promise.withResolvers<void>();
    const ended = new Promise<string>((resolve) => {
      child.once("error", ({ message }) => resolve(message));
      child.once("exit", (code, signal) => resolve(signal ?? `exit code ${code}`));
    });
    for (const stream of [child.stdout, child.stderr]) {
      createInterface({ input: stream }).on("line", (line) => {
        if (shown) this.#print(`${name.padEnd(13)} ${line}`);
        last.push(line);
        if (last.length > KEPT) last.shift();
        if (ready?.test(line)) isReady.resolve();
      });
    }
    this.#running.push({ child, name, ended });
    const over = ended.then(
      (how) => `${name} ended (${how})${last.length > 0 ? `: ${last.join(" | ")}` : ""}`,
    );
    void over.then((line) => !this.#stopping && this.#failed.resolve(line));
    if (ready === undefined) return;
    const timer = setTimeout(isReady.reject, PATIENCE, new Refused(`${name} was not ready in time`));
    try {
      await Promise.race([isReady.promise, over.then((line) => Promise.reject(new Refused(line)))]);
    } finally {
      clearTimeout(timer);
    }
  }

  /** SIGKILL to all that are left, and to what they have started. */
  kill(): void {
    this.#stopping = true;
    for (const { child } of this.#running) {
      if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) continue;
      try {
        process.kill(-child.pid, "SIGKILL");
      } catch {
        child.kill("SIGKILL");
      }
    }
  }

  /** SIGTERM, the last one first; those that were started under one name with the same word before the dash go together. */
  async stop(): Promise<void> {
    this.#stopping = true;
    const groups = Map.groupBy(this.#running.toReversed(), ({ name }) => name.split("-")[0]);
    for (const group of groups.values()) {
      await Promise.all(
        group.map(async ({ child, ended }) => {
          child.kill("SIGTERM");
          const timer = setTimeout(() => child.kill("SIGKILL"), GOODBYE);
          await ended;
          clearTimeout(timer);
        }),
      );
    }
  }
}
