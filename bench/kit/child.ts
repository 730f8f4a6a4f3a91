/** Processes of our own that answer questions. They die with us. */
import { type ChildProcess, fork } from "node:child_process";
import { endWithUs } from "../../test/servers/process.ts";

/** A process that serves {@link serve}. */
export class Child {
  readonly #child: ChildProcess;
  readonly #ended: Promise<string>;
  readonly #waiting = new Map<number, PromiseWithResolvers<unknown>>();
  #questions = 0;
  #stopping = false;

  private constructor(file: URL, args: string[], env: Record<string, string>) {
    this.#child = fork(file, args, { serialization: "advanced", env: { ...process.env, ...env } });
    this.#ended = endWithUs(this.#child);
    this.#child.on("message", ({ id, answer, error }: Answer) => {
      const waiting = this.#waiting.get(id);
      this.#waiting.delete(id);
      if (error === undefined) waiting?.resolve(answer);
      else waiting?.reject(new Error(error));
    });
    void this.#ended.then((how) => {
      for (const { reject } of this.#waiting.values()) reject(new Error(`${file.pathname} ended (${how})`));
      if (!this.#stopping) console.error(`${file.pathname} ended (${how})`);
    });
  }

  /** Starts it; resolves with what its `start` answered. */
  static async start<T>(file: URL, start: object = {}): Promise<{ child: Child; answer: T }> {
    const child = new Child(file, [], {});
    return { child, answer: await child.ask<T>("start", start) };
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** @throws Error what went wrong there, or that it ended */
  ask<T>(what: string, params: object = {}): Promise<T> {
    const id = ++this.#questions;
    const waiting = Promise.withResolvers<unknown>();
    this.#waiting.set(id, waiting);
    this.#child.send({ id, what, params } satisfies Question);
    return waiting.promise as Promise<T>;
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    this.#child.kill("SIGKILL");
    await this.#ended;
  }
}

interface Question {
  id: number;
  what: string;
  params: object;
}
interface Answer {
  id: number;
  answer?: unknown;
  error?: string;
}

/** Answers what the parent asks; for the process that was started. */
// biome-ignore lint/suspicious/noExplicitAny: what is sent is what the other side of the same pair of files reads
export function serve(handlers: Record<string, (params: any) => unknown>): void {
  process.on("message", async ({ id, what, params }: Question) => {
    try {
      process.send?.({ id, answer: await handlers[what]?.(params) });
    } catch (error) {
      process.send?.({ id, error: String((error as Error).stack ?? error) });
    }
  });
}
