/**
 * The far side: an HTTP server that keeps a ledger of every call and answers as the test says. It is what the
 * database is compared with: only what stands here was really called.
 */
import { EventEmitter } from "node:events";
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { PATIENCE } from "./until.ts";

/** One call that arrived. Times are ms since the epoch, with fractions. */
export interface Call {
  taskId: string;
  attempt: number;
  method: string;
  /** Path and query. */
  path: string;
  headers: IncomingHttpHeaders;
  body: Buffer;
  /** When its head arrived. */
  at: number;
  /** When the answer went out, or the connection was gone; null while it is under way. */
  endedAt: number | null;
  /** The status answered; null where none was. */
  status: number | null;
}

export interface PlainAnswer {
  status?: number;
  headers?: Record<string, string | string[]>;
  body?: string | Buffer;
}
/** Writes the answer itself, at its own time. */
export type LiveAnswer = (res: ServerResponse, call: Call, req: IncomingMessage) => void | Promise<void>;
export type Answer = number | PlainAnswer | LiveAnswer;

/** Time on this machine's steady clock, as ms since the epoch. */
export const clockNow = (): number => performance.timeOrigin + performance.now();

export interface ReceiverOptions {
  /** What paths answer that no test has spoken for. */
  otherwise?: Answer;
  /** Where the ledger's times come from; ms since the epoch. */
  clock?: () => number;
  /** Told of every call once it is in the ledger, and once more when it has ended. */
  onCall?: (call: Call) => void;
  /** What it listens on; `0.0.0.0`: on all addresses of 127.0.0.0/8 too. */
  host?: string;
}

export class Receiver {
  readonly ledger: Call[] = [];
  readonly #options: Required<ReceiverOptions>;
  /** An idle connection is kept this long; tests never see it closed under them. */
  readonly #server = createServer({ keepAliveTimeout: 120_000 }, (req, res) => void this.#serve(req, res));
  readonly #events = new EventEmitter().setMaxListeners(0);
  readonly #answers = new Map<string, Answer[]>();
  readonly #open = new Map<string, number>();
  readonly #highest = new Map<string, number>();
  #paths = 0;

  constructor(options: ReceiverOptions = {}) {
    this.#options = { otherwise: 200, clock: clockNow, onCall: () => {}, host: "127.0.0.1", ...options };
  }

  /** Listens on a free port of 127.0.0.1, or of `host`. */
  static async start(options: ReceiverOptions = {}): Promise<Receiver> {
    const receiver = new Receiver(options);
    await new Promise<void>((listening) => receiver.#server.listen(0, receiver.#options.host, listening));
    return receiver;
  }

  get origin(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** A URL of its own that gives these answers in turn; the last one repeats. Without any: 200, "ok". */
  url(...answers: Answer[]): string {
    const path = `/${++this.#paths}`;
    this.answer(path, ...answers);
    return `${this.origin}${path}`;
  }

  /** Sets, or changes, what a path answers. */
  answer(path: string, ...answers: Answer[]): void {
    this.#answers.set(path, answers.length > 0 ? [...answers] : [200]);
  }

  calls(taskId: string): Call[] {
    return this.ledger.filter((call) => call.taskId === taskId);
  }

  /** The most calls for one task that were open at the same time. */
  highWater(taskId: string): number {
    return this.#highest.get(taskId) ?? 0;
  }

  /** Resolves once `n` calls for the task have arrived (whole, body included). */
  async waitForCalls(taskId: string, n: number, deadlineMs = PATIENCE): Promise<Call[]> {
    return this.waitFor(
      `${n} calls for ${taskId}`,
      () => {
        const calls = this.calls(taskId);
        return calls.length >= n ? calls : undefined;
      },
      deadlineMs,
    );
  }

  /** Resolves with the first truthy `look()`; it is asked again at every call that arrives or ends. */
  async waitFor<T>(what: string, look: () => T | undefined, deadlineMs = PATIENCE): Promise<NonNullable<T>> {
    const { promise, resolve, reject } = Promise.withResolvers<NonNullable<T>>();
    const check = () => {
      const seen = look();
      if (seen) resolve(seen);
    };
    const timer = setTimeout(() => reject(new Error(`not within ${deadlineMs} ms: ${what}`)), deadlineMs);
    this.#events.on("change", check);
    check();
    return promise.finally(() => {
      clearTimeout(timer);
      this.#events.off("change", check);
    });
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((closed) => this.#server.close(closed));
  }

  async #serve(req: IncomingMessage, res: ServerResponse): Promise<void> {
    const { clock, onCall } = this.#options;
    const at = clock();
    req.on("error", () => {}); // a caller that was killed
    res.on("error", () => {});
    const path = req.url ?? "";
    const taskId = String(req.headers["webhook-id"] ?? "");
    const call: Call = {
      taskId,
      attempt: Number(req.headers["bida-attempt"]),
      method: req.method ?? "",
      path,
      headers: req.headers,
      body: Buffer.alloc(0),
      at,
      endedAt: null,
      status: null,
    };
    let inLedger = false;
    const open = (this.#open.get(taskId) ?? 0) + 1;
    this.#open.set(taskId, open);
    this.#highest.set(taskId, Math.max(open, this.highWater(taskId)));
    res.once("close", () => {
      call.endedAt ??= clock();
      call.status = res.headersSent ? res.statusCode : null;
      if (inLedger) onCall(call);
      this.#open.set(taskId, (this.#open.get(taskId) ?? 1) - 1);
      this.#events.emit("change");
    });
    const chunks: Buffer[] = [];
    try {
      for await (const chunk of req) chunks.push(chunk as Buffer);
    } catch {
      // It broke before it was whole; what came counts.
    }
    call.body = Buffer.concat(chunks);
    this.ledger.push(call);
    inLedger = true;
    onCall(call);
    this.#events.emit("change");
    await this.#give(this.#next(path), res, call, req);
  }

  #next(path: string): Answer {
    const answers = this.#answers.get(path.split("?", 1)[0] ?? "") ?? [this.#options.otherwise];
    return (answers.length > 1 ? answers.shift() : answers[0]) ?? 200;
  }

  async #give(answer: Answer, res: ServerResponse, call: Call, req: IncomingMessage): Promise<void> {
    if (typeof answer === "function") return answer(res, call, req);
    const {
      status = 200,
      headers = {},
      body = "ok",
    } = typeof answer === "number" ? { status: answer } : answer;
    // Taken before the caller can have it: what comes next is never earlier than this says.
    call.endedAt = this.#options.clock();
    res.writeHead(status, headers).end(body);
  }
}
