/** The real REPL as a child process, typed at through its stdin. */
import { type ChildProcess, spawn } from "node:child_process";
import { join, resolve } from "node:path";
import { boundToUs, endWithUs } from "../../servers/process.ts";
import { temporaryFolder } from "../../servers/server.ts";
import { type Environment, inherited } from "./node.ts";
import { until } from "./until.ts";

const ROOT = resolve(import.meta.dirname, "../../..");
const HOME = temporaryFolder("repl-home");

export interface Ended {
  how: string;
  out: string;
  err: string;
}

export class Repl {
  readonly #child: ChildProcess;
  readonly ended: Promise<Ended>;
  #out = "";
  #err = "";
  #count = 0;

  /** Of the world that `env` belongs to: as an operator would start it beside that node. `args`: one command. */
  constructor(env: Environment, args: string[] = []) {
    const names = ["BIDA_DATA_DIR", "BIDA_NATS_URL", "TZ"];
    const own = Object.fromEntries(Object.entries(env).filter(([name]) => names.includes(name)));
    this.#child = spawn(...boundToUs(process.execPath, [join(ROOT, "bin/bida.mjs"), "repl", ...args]), {
      cwd: ROOT,
      env: { ...inherited(), TZ: "Asia/Shanghai", HOME, ...own },
      stdio: ["pipe", "pipe", "pipe"],
    });
    this.#child.stdout?.setEncoding("utf8").on("data", (text: string) => {
      this.#out += text;
    });
    this.#child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      this.#err += text;
    });
    // What is typed may come too late.
    this.#child.stdin?.on("error", () => {});
    const closed = Promise.withResolvers<void>();
    this.#child.once("close", () => closed.resolve());
    this.ended = endWithUs(this.#child).then(async (how) => {
      await closed.promise;
      return { how, out: this.#out, err: this.#err };
    });
  }

  /** Types a line. @returns what is printed for it */
  async type(line: string): Promise<string> {
    // Its answer is known, and comes behind that of the line.
    const mark = `end-of-${++this.#count}`;
    const answer = `there is no command "${mark}"; "help" lists the commands\n`;
    const from = this.#out.length;
    this.#child.stdin?.write(`${line}\n${mark}\n`);
    let over = false;
    void this.ended.then(() => {
      over = true;
    });
    await until(`the answer to ${line}`, () => over || this.#out.includes(answer, from), 40_000).catch(
      (error: Error) => {
        throw new Error(`${error.message}\n${this.#out.slice(from)}\n${this.#err}`);
      },
    );
    if (over) throw new Error(`the REPL ended\n${this.#out}\n${this.#err}`);
    return this.#out.slice(from, this.#out.indexOf(answer, from)).trimEnd();
  }

  /** Writes without waiting. */
  write(text: string): void {
    this.#child.stdin?.write(text);
  }

  /** Ctrl-D. */
  async close(): Promise<Ended> {
    this.#child.stdin?.end();
    return this.ended;
  }
}

/** Runs one command. */
export const once = async (env: Environment, ...args: string[]): Promise<Ended> =>
  new Repl(env, args).close();
