/**
 * Judges answers. What takes long, because its pattern is large and the answer too, is judged by a thread of its own, one
 * after another and apps in turn: on the delivery thread all other calls would wait for it. A judgement has a time limit; the
 * thread is ended then, and the next judgement starts another one.
 */
import { Worker } from "node:worker_threads";
import { judgingSteps } from "../core/expect.ts";
import type { CallError } from "../core/outcome.ts";
import { threadFile } from "../core/thread-file.ts";
import type { Case, FromJudge } from "./judge-protocol.ts";
import { judged } from "./judged.ts";

/** Up to so many steps are done at once; they take about 20 ms at most, and usually a thousandth of it. */
const QUICK = 1_000_000;
/** For one judgement, in ms. */
const LIMIT = 2_000;
/** A thread that has nothing to judge for so long is ended, in ms. */
const IDLE = 60_000;

export interface JudgeOptions {
  quickSteps?: number;
  limitMs?: number;
  idleMs?: number;
}

interface Waiting {
  one: Case;
  resolve(error: CallError | null): void;
}

export class Judge {
  readonly #quick: number;
  readonly #limitMs: number;
  readonly #idleMs: number;
  /** By app, in the order of their turns. */
  readonly #waiting = new Map<number, Waiting[]>();
  #worker: Worker | null = null;
  #isReady = false;
  #current: Waiting | null = null;
  #timer: NodeJS.Timeout | undefined;

  constructor({ quickSteps = QUICK, limitMs = LIMIT, idleMs = IDLE }: JudgeOptions = {}) {
    this.#quick = quickSteps;
    this.#limitMs = limitMs;
    this.#idleMs = idleMs;
  }

  /**
   * @param app whose task it is
   * @returns null where the answer proves success; a promise of it where that may take long. `overrun` where it took too long
   */
  judge(app: number, one: Case): CallError | null | Promise<CallError | null> {
    return this.#isQuick(one) ? judged(one) : this.#later(app, one);
  }

  /** Nothing is judged any more. */
  stop(): void {
    clearTimeout(this.#timer);
    void this.#worker?.terminate();
    this.#worker = null;
  }

  #isQuick({ answer, expect }: Case): boolean {
    try {
      return judgingSteps(answer, expect) <= this.#quick;
    } catch {
      // What cannot be compiled says so at once.
      return true;
    }
  }

  #later(app: number, one: Case): Promise<CallError | null> {
    const { promise, resolve } = Promise.withResolvers<CallError | null>();
    const queue = this.#waiting.get(app) ?? [];
    this.#waiting.set(app, queue);
    queue.push({ one, resolve });
    this.#next();
    return promise;
  }

  #next(): void {
    if (this.#current !== null) return;
    clearTimeout(this.#timer);
    const [turn] = this.#waiting;
    if (turn === undefined) {
      this.#timer = setTimeout(() => this.#end(), this.#idleMs).unref();
      return;
    }
    this.#worker ??= this.#start();
    if (!this.#isReady) return;
    const [app, queue] = turn;
    this.#current = queue.shift() as Waiting;
    // The next turn is another app's.
    this.#waiting.delete(app);
    if (queue.length > 0) this.#waiting.set(app, queue);
    this.#worker.postMessage(this.#current.one);
    this.#timer = setTimeout(() => this.#tookTooLong(), this.#limitMs);
  }

  #start(): Worker {
    const worker = new Worker(threadFile(import.meta, "judge-thread"), { name: "bida-judge" });
    worker.on("message", (message: FromJudge) => {
      if (worker !== this.#worker) return;
      if (message.type === "ready") this.#isReady = true;
      else this.#decided(message.error);
      this.#next();
    });
    worker.on("error", (error) => worker === this.#worker && this.#died(error.message));
    worker.on("exit", () => worker === this.#worker && this.#died("it has ended"));
    return worker;
  }

  #decided(error: CallError | null): void {
    clearTimeout(this.#timer);
    this.#current?.resolve(error);
    this.#current = null;
  }

  #tookTooLong(): void {
    this.#end();
    this.#decided({ code: "overrun", message: `cannot be judged within ${this.#limitMs / 1_000} s` });
    this.#next();
  }

  /** For lack of memory, or of a thread. What it had in hand is not tried again: it may be what killed it. */
  #died(why: string): void {
    const wasReady = this.#isReady;
    this.#end();
    const error: CallError = {
      code: "crashed",
      message: `the thread that judged it died: ${why}`.slice(0, 500),
    };
    this.#decided(error);
    // One that did not start would not start the next time either.
    if (!wasReady) for (const { resolve } of [...this.#waiting.values()].flat()) resolve(error);
    if (!wasReady) this.#waiting.clear();
    this.#next();
  }

  #end(): void {
    void this.#worker?.terminate();
    this.#worker = null;
    this.#isReady = false;
  }
}
