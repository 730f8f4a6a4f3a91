/** A Bida node as a process of its own, started as `npm start` starts it. */
import { type ChildProcess, spawn } from "node:child_process";
import { createWriteStream } from "node:fs";
import { join, resolve } from "node:path";
import type { Writable } from "node:stream";
import { START } from "../../../scripts/start-command.ts";
import { boundToUs, endWithUs } from "../../servers/process.ts";
import { until } from "./until.ts";

const ROOT = resolve(import.meta.dirname, "../../..");

/**
 * Of V8: a test run starts some 250 nodes, and each computes a sixth less until it is ready if nothing is collected before its heap
 * has grown to so many MiB. Not for every day: an idle node keeps 15 MiB more.
 */
const START_QUICKLY = ["--initial-old-space-size=64"];

export type Environment = Record<string, string | undefined>;

/** How a node is started, where not as usual. */
export interface Started {
  /** Behind those of `npm start`. */
  args?: string[];
  stdin?: "ignore" | "pipe";
  /** `ulimit -n`. */
  openFiles?: number;
  /** A file's descriptor, where nobody reads along. */
  stdout?: "pipe" | number;
}

export class BidaNode {
  readonly port: number;
  readonly env: Environment;
  readonly #child: ChildProcess;
  readonly #ended: Promise<string>;
  #out = "";
  #err = "";

  /** Starts it; see {@link BidaNode.ready}. `env` holds BIDA_* and SERVICES; the rest is inherited. */
  constructor(
    env: Environment,
    { args: more = [], stdin = "ignore", stdout = "pipe", openFiles }: Started = {},
  ) {
    this.env = env;
    this.port = Number(env.BIDA_PORT ?? 0);
    const args = [...START_QUICKLY, ...START, ...more];
    // With SERVICES the runner looks for the named ones in this folder.
    const folder = env.SERVICES ? { SERVICEDIR: "services" } : {};
    const command = boundToUs(process.execPath, args);
    this.#child = spawn(...(openFiles ? limited(openFiles, command) : command), {
      cwd: ROOT,
      // No test waits for load balancers that there are none of, unless it says so.
      env: { ...inherited(), ...folder, BIDA_DRAIN_DELAY_MS: "0", ...env },
      stdio: [stdin, stdout, "pipe"],
    });
    this.#ended = endWithUs(this.#child);
    this.#child.stdout?.setEncoding("utf8").on("data", (text: string) => {
      this.#out += text;
    });
    this.#child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      this.#err += text;
    });
    // For anyone who looks for a failure that comes only sometimes.
    const kept = process.env.TEST_LOGS;
    if (kept) this.#child.stdout?.pipe(createWriteStream(join(kept, `${this.pid}.log`)));
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** Of one that was started with it. */
  get stdin(): Writable {
    return this.#child.stdin as Writable;
  }

  /** Nobody reads what it prints any more. */
  closeOutput(): void {
    this.#child.stdout?.destroy();
    this.#child.stderr?.destroy();
  }

  get baseUrl(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** Everything it printed. */
  get log(): string {
    return this.#out + this.#err;
  }

  get stderr(): string {
    return this.#err;
  }

  /** Its log records that say `message`. */
  records(message: string): Record<string, unknown>[] {
    return this.#out
      .split("\n")
      .filter((line) => line.startsWith("{") && line.includes(message))
      .map((line) => JSON.parse(line) as Record<string, unknown>)
      .filter(({ msg }) => msg === message);
  }

  /** How it ended: "exit 1", "SIGKILL". */
  get ended(): Promise<string> {
    return this.#ended;
  }

  /** Resolves once `/readyz` says 200; for nodes with `api`. */
  async ready(deadlineMs = 60_000): Promise<this> {
    let over: string | undefined;
    void this.#ended.then((how) => {
      over = how;
    });
    const answers = async () => {
      if (over !== undefined) throw new Error(`the node ended (${over})\n${this.log}`);
      const answer = await fetch(`${this.baseUrl}/readyz`).catch(() => null);
      await answer?.body?.cancel();
      return answer?.status === 200;
    };
    await until("the node is ready", answers, deadlineMs).catch((error: Error) => {
      throw new Error(`${error.message}\n${this.log.slice(-3000)}`);
    });
    return this;
  }

  /** SIGTERM; resolves with how it ended. After 35 s it is killed. */
  async stop(): Promise<string> {
    this.#child.kill("SIGTERM");
    this.#child.kill("SIGCONT");
    const patience = setTimeout(() => this.#child.kill("SIGKILL"), 35_000);
    return this.#ended.finally(() => clearTimeout(patience));
  }

  /** SIGKILL; resolves when it is gone. */
  async kill(): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.#ended;
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  pause(): void {
    this.#child.kill("SIGSTOP");
  }

  resume(): void {
    this.#child.kill("SIGCONT");
  }
}

/** The same command, as the same process, that may have so many files open. */
const limited = (openFiles: number, [command, args]: [string, string[]]): [string, string[]] => [
  "/bin/sh",
  ["-c", 'ulimit -n "$0" && exec "$@"', String(openFiles), command, ...args],
];

/** Nothing that a developer has set may configure the node. */
export function inherited(): NodeJS.ProcessEnv {
  const foreign = /^(BIDA_.*|SERVICES|SERVICEDIR|NAMESPACE|NODE_OPTIONS|npm_.*)$/;
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !foreign.test(name)));
}
