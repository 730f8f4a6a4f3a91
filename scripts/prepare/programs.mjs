// Programs that prepare a checkout, run one after another. A signal to us ends the one that runs, and then us: none goes on
// in node_modules when the one that asked for it has gone.
import { spawn } from "node:child_process";
import { delimiter, relative } from "node:path";

const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"];

/** A signal came; `signal` is its name. */
export class Interrupted extends Error {
  constructor(signal) {
    super(signal);
    this.signal = signal;
  }
}

export class Programs {
  #child = null;
  #signal = null;
  #working;

  /** @param working told the pid of the program that runs, undefined when it has ended */
  constructor(working) {
    this.#working = working;
    for (const signal of SIGNALS) process.on(signal, () => this.#interrupt(signal));
  }

  /**
   * Runs a command to its end, silently.
   * @param path the folders where it is looked for
   * @returns `failure` is "" where it has exited with 0; `output` is all that it said
   * @throws Interrupted
   */
  async run(command, args, path, cwd) {
    if (this.#signal !== null) throw new Interrupted(this.#signal);
    const env = { ...process.env, PATH: path.join(delimiter) };
    // A process group of its own, to be ended with all that npm has started.
    const child = spawn(command, args, { cwd, env, stdio: ["ignore", "pipe", "pipe"], detached: true });
    this.#child = child;
    this.#working(child.pid);
    let output = "";
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding("utf8").on("data", (text) => {
        output += text;
      });
    const failure = await new Promise((done) => {
      child.once("error", (error) => done(error.message));
      child.once("close", (code, signal) => done(code === 0 ? "" : (signal ?? `exit code ${code}`)));
    });
    this.#child = null;
    this.#working(undefined);
    if (this.#signal !== null) throw new Interrupted(this.#signal);
    const folder = relative(process.cwd(), cwd);
    return { line: [command, ...args].join(" ") + (folder && ` (in ${folder})`), failure, output };
  }

  /** Signals end this process again. */
  close() {
    for (const signal of SIGNALS) process.removeAllListeners(signal);
  }

  #interrupt(signal) {
    const first = this.#signal === null;
    this.#signal ??= signal;
    if (this.#child?.pid === undefined) return;
    try {
      // A second one does not wait.
      process.kill(-this.#child.pid, first ? "SIGTERM" : "SIGKILL");
    } catch (error) {
      if (error.code !== "ESRCH") throw error;
    }
  }
}
