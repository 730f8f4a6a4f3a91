/** One HTTP call under one deadline, with a bounded answer. Uses undici's dispatch, which adds no buffering of its own. */
import type { Dispatcher, Pool } from "undici";
import type { CallError } from "../core/outcome.ts";
import { callErrorOf } from "./call-errors.ts";

/** Most of an answer's body that is read, and held in memory. */
export const MAX_ANSWER_BYTES = 65_535;

export interface CallRequest {
  method: string;
  /** Path and query. */
  path: string;
  headers: Record<string, string>;
  /** Text is sent as UTF-8. */
  body: string | Uint8Array | null;
  /** From now to the last byte, in ms. */
  timeoutMs: number;
}

/** What came back, as far as it came. With an `error` the rest may be missing or cut. */
export interface CallResult {
  statusCode: number | null;
  headers: Record<string, string | string[]> | null;
  body: Buffer;
  /** The body was longer than {@link MAX_ANSWER_BYTES}; the rest was not read. */
  truncated: boolean;
  error: CallError | null;
}

/** Never rejects: every failure is a result. */
export function callTarget(pool: Pool, request: CallRequest): Promise<CallResult> {
  return new Promise((resolve) => new Call(request.timeoutMs, resolve).dispatch(pool, request));
}

class Call implements Dispatcher.DispatchHandler {
  readonly #resolve: (result: CallResult) => void;
  readonly #deadline: NodeJS.Timeout;
  readonly #timeoutMs: number;
  readonly #chunks: Buffer[] = [];
  #controller: Dispatcher.DispatchController | null = null;
  #bytes = 0;
  #statusCode: number | null = null;
  #headers: Record<string, string | string[]> | null = null;
  #done = false;

  constructor(timeoutMs: number, resolve: (result: CallResult) => void) {
    this.#timeoutMs = timeoutMs;
    this.#resolve = resolve;
    this.#deadline = setTimeout(() => this.#expire(), timeoutMs);
  }

  dispatch(pool: Pool, { method, path, headers, body }: CallRequest): void {
    try {
      pool.dispatch({ method: method as Dispatcher.HttpMethod, path, headers, body }, this);
    } catch (error) {
      this.#finish(callErrorOf(error));
    }
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    // The deadline passed while the connection was being made: nothing is sent any more.
    if (this.#done) controller.abort(new Error("expired"));
  }

  onResponseStart(_: Dispatcher.DispatchController, statusCode: number, headers: object): void {
    // Informational answers (1xx) come before the real one.
    if (statusCode < 200) return;
    this.#statusCode = statusCode;
    this.#headers = headers as Record<string, string | string[]>;
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    const room = MAX_ANSWER_BYTES - this.#bytes;
    this.#chunks.push(chunk.length <= room ? chunk : chunk.subarray(0, room));
    this.#bytes += chunk.length;
    if (this.#bytes > MAX_ANSWER_BYTES) {
      this.#finish(null);
      controller.abort(new Error("enough"));
    }
  }

  onResponseEnd(): void {
    this.#finish(null);
  }

  onResponseError(_: unknown, error: Error): void {
    this.#finish(callErrorOf(error));
  }

  #expire(): void {
    const connected = this.#controller !== null;
    const message = connected
      ? `no complete answer within ${this.#timeoutMs} ms`
      : `no connection within ${this.#timeoutMs} ms`;
    this.#finish({ code: connected ? "timeout" : "connect_timeout", message });
    this.#controller?.abort(new Error("expired"));
  }

  #finish(error: CallError | null): void {
    if (this.#done) return;
    this.#done = true;
    clearTimeout(this.#deadline);
    this.#resolve({
      statusCode: this.#statusCode,
      headers: this.#headers,
      body: Buffer.concat(this.#chunks, Math.min(this.#bytes, MAX_ANSWER_BYTES)),
      truncated: this.#bytes > MAX_ANSWER_BYTES,
      error,
    });
  }
}
