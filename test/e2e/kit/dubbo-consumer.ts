/** A Dubbo consumer in Java, as a process: it takes commands and answers each (`test/e2e/java/src/Consumer.java`). */
import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { boundToUs, endWithUs } from "../../servers/process.ts";
import { JAVA_OPTIONS } from "./java.ts";

const PATIENCE = 60_000;

/** How a command ended. */
export type Outcome = { value: string } | { exception: string; message: string };

export class DubboConsumer {
  readonly #child: ChildProcess;
  readonly #ended: Promise<string>;
  readonly #lines: AsyncIterator<string>;
  #err = "";

  private constructor(classPath: string, kind: string, address: string, settings: string[]) {
    const args = [...JAVA_OPTIONS, ...settings, "-cp", classPath, "Consumer", kind, address];
    this.#child = spawn(...boundToUs("java", args), { stdio: ["pipe", "pipe", "pipe"] });
    this.#ended = endWithUs(this.#child);
    this.#child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      this.#err = (this.#err + text).slice(-20_000);
    });
    this.#child.stdin?.on("error", () => undefined);
    this.#lines = createInterface({ input: this.#child.stdout as NodeJS.ReadableStream })[
      Symbol.asyncIterator
    ]();
  }

  /**
   * @param kind `direct`, with `host:port`; or `registry`, with its address
   * @param settings system properties: `-Dtimeout=…`, `-Dretries=…`
   */
  static async start(
    classPath: string,
    kind: "direct" | "registry",
    address: string,
    settings: string[] = [],
  ): Promise<DubboConsumer> {
    const consumer = new DubboConsumer(classPath, kind, address, settings);
    await consumer.#line().catch(async (error) => {
      await consumer.stop();
      throw error;
    });
    return consumer;
  }

  /** One command. */
  async run(...words: string[]): Promise<Outcome> {
    this.#child.stdin?.write(`${words.join("\t")}\n`);
    const [mark, ...rest] = (await this.#line()).split("\t");
    if (mark === "ok") return { value: rest.join("\t") };
    return { exception: rest[0] ?? "", message: rest.slice(1).join("\t") };
  }

  /** One command that must succeed. */
  async value(...words: string[]): Promise<string> {
    const outcome = await this.run(...words);
    if ("value" in outcome) return outcome.value;
    throw new Error(`${words[0]}: ${outcome.exception}: ${outcome.message.slice(0, 1_000)}\n${this.#err}`);
  }

  async stop(): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.#ended;
  }

  async #line(): Promise<string> {
    const { promise, reject } = Promise.withResolvers<never>();
    const timer = setTimeout(
      () => reject(new Error(`no answer within ${PATIENCE} ms\n${this.#err}`)),
      PATIENCE,
    );
    const next = await Promise.race([this.#lines.next(), promise]).finally(() => clearTimeout(timer));
    if (next.done) throw new Error(`the consumer ended\n${this.#err}`);
    return next.value;
  }
}
