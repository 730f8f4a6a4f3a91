/** One HTTP call under one deadline, with a bounded answer. Uses undici's dispatch, which adds no buffering of its own. */
import type { Dispatcher } from "undici";
import type { CallError } from "../core/outcome.ts";
import type { CallPhases } from "../core/phases.ts";
import { brokenRule } from "./broken-rule.ts";
import { AnswerError, callErrorOf, parserReason, unopened } from "./call-errors.ts";
import { CallTimes } from "./call-times.ts";
import type { Connection, Connections } from "./connections.ts";
import { type LocalFailure, localFailureOf } from "./local-failure.ts";
import type { Opening } from "./opening.ts";
import { MAX_ANSWER_BYTES, MAX_ENCODED_BYTES, type Reading, type ReadsOn } from "./reading.ts";

export interface CallRequest {
  method: string;
  /** Path and query. */
  path: string;
  headers: Record<string, string>;
  /** Text is sent as UTF-8. */
  body: string | Uint8Array | null;
  /** From now to the last byte, in ms. */
  timeoutMs: number;
  /** False: on a connection of its own, which is closed behind the answer. */
  keepAlive: boolean;
  /** What wants to read on behind the beginning that is kept. Missing: nothing. */
  further?: ReadsOn;
}

/** What came back, as far as it came. With an `error` the rest may be missing or cut. */
export interface CallResult {
  statusCode: number | null;
  headers: Record<string, string | string[]> | null;
  /** As it came, not decoded. */
  body: Buffer;
  /** The body was longer than that. */
  truncated: boolean;
  /** What read on behind it; see {@link ReadsOn.release}. Null or missing where nothing did. */
  reading?: Reading | null;
  /** The whole body came. */
  complete?: boolean;
  /** Where its time went. Missing: it was no call over HTTP. */
  phases?: CallPhases;
  error: CallError | null;
  /** The error is this machine's own, and nothing was sent; null where it is not. */
  local: LocalFailure | null;
}

/** Never rejects: every failure is a result. */
export function callTarget(connections: Connections, request: CallRequest): Promise<CallResult> {
  return new Promise((resolve) => new Call(connections, request, resolve).start());
}

class Call implements Dispatcher.DispatchHandler {
  readonly #connections: Connections;
  readonly #request: CallRequest;
  readonly #resolve: (result: CallResult) => void;
  readonly #deadline: NodeJS.Timeout;
  readonly #chunks: Buffer[] = [];
  #connection: Connection | null = null;
  #opening: Opening | null = null;
  readonly #times = new CallTimes();
  /** The request went out. */
  #begun = false;
  #bytes = 0;
  #maxBytes = MAX_ANSWER_BYTES;
  #statusCode: number | null = null;
  #headers: Record<string, string | string[]> | null = null;
  #reading: Reading | null = null;
  #complete = false;
  #done = false;

  constructor(connections: Connections, request: CallRequest, resolve: (result: CallResult) => void) {
    this.#connections = connections;
    this.#request = request;
    this.#resolve = resolve;
    this.#deadline = setTimeout(() => this.#expire(), request.timeoutMs);
  }

  start(): void {
    const connection = this.#request.keepAlive ? this.#connections.reuse() : undefined;
    if (connection) this.#send(connection);
    else this.#open();
  }

  #open(): void {
    this.#times.opening();
    this.#opening = this.#connections.open((error, connection) => {
      if (connection) this.#send(connection);
      else this.#finish(callErrorOf(error), localFailureOf(error));
    });
  }

  #send(connection: Connection): void {
    const { method, path, headers, body, keepAlive } = this.#request;
    this.#connection = connection;
    this.#times.sent();
    const request = { method: method as Dispatcher.HttpMethod, path, headers, body, reset: !keepAlive };
    try {
      connection.send(request, this);
    } catch (error) {
      this.#finish(callErrorOf(error), localFailureOf(error));
    }
  }

  onRequestStart(): void {
    this.#begun = true;
    this.#connection?.watch.begin();
  }

  onResponseStart(_: Dispatcher.DispatchController, statusCode: number, headers: object): void {
    // Not a status, and undici stumbles over it. That is said of the head, which is kept until then.
    if (statusCode < 200) return;
    this.#connection?.watch.headDone();
    this.#statusCode = statusCode;
    this.#headers = headers as Record<string, string | string[]>;
    if (this.#headers["content-encoding"] !== undefined) this.#maxBytes = MAX_ENCODED_BYTES;
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.#done) return;
    if (this.#reading) this.#readOn(this.#reading, controller, chunk);
    else this.#keep(controller, chunk);
  }

  #keep(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    const room = this.#maxBytes - this.#bytes;
    this.#chunks.push(chunk.length <= room ? chunk : chunk.subarray(0, room));
    this.#bytes += chunk.length;
    if (this.#bytes <= this.#maxBytes) return;
    const beginning = Buffer.concat(this.#chunks);
    const { further } = this.#request;
    this.#reading = further?.begin(this.#statusCode, this.#headers ?? {}, beginning, controller) ?? null;
    if (this.#reading) this.#readOn(this.#reading, controller, chunk.subarray(room));
    else this.#enough(controller);
  }

  #readOn(reading: Reading, controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (!reading.push(chunk)) this.#enough(controller);
  }

  #enough(controller: Dispatcher.DispatchController): void {
    this.#finish(null);
    controller.abort(new Error("enough"));
  }

  onResponseEnd(): void {
    this.#complete = true;
    this.#finish(null);
  }

  onResponseError(_: unknown, error: Error): void {
    if (this.#done) return;
    const failure = callErrorOf(error);
    if (failure.code === "reset" && this.#wasStale()) {
      this.#connections.stale();
      this.#begun = false;
      this.#connection = null;
      this.#open();
      return;
    }
    // Also what undici loads only when it is needed can find no room.
    const local = this.#begun ? null : localFailureOf(error);
    const isParsers = failure.code === "bad_response" && !(error instanceof AnswerError);
    this.#finish(isParsers ? this.#explained(failure) : failure, local);
  }

  /**
   * The target closed a kept connection while it was idle, as it may, and the request crossed that. It is sent again on a
   * new one; that one was not used before, so this happens once.
   */
  #wasStale(): boolean {
    return this.#connection?.reused === true && !this.#connection.watch.answered;
  }

  #explained({ code, message }: CallError): CallError {
    const head = this.#statusCode === null ? (this.#connection?.watch.head ?? null) : null;
    return { code, message: brokenRule(parserReason(message), head).slice(0, 500) };
  }

  #expire(): void {
    const { timeoutMs } = this.#request;
    this.#finish(
      this.#begun
        ? { code: "timeout", message: `no complete answer within ${timeoutMs} ms` }
        : unopened(this.#opening, timeoutMs),
    );
  }

  #finish(error: CallError | null, local: LocalFailure | null = null): void {
    if (this.#done) return;
    this.#done = true;
    clearTimeout(this.#deadline);
    const result = {
      statusCode: this.#statusCode,
      headers: this.#headers,
      body: Buffer.concat(this.#chunks, Math.min(this.#bytes, this.#maxBytes)),
      truncated: this.#bytes > this.#maxBytes,
      reading: this.#reading,
      complete: this.#complete,
      phases: this.#times.phases(
        this.#opening,
        this.#begun ? this.#connection : null,
        this.#connections.secure,
      ),
      error,
      local,
    };
    // Undici still has to finish with the answer: only then does it close a connection that cannot be kept.
    queueMicrotask(() => {
      this.#leave(error);
      this.#resolve(result);
    });
  }

  #leave(error: CallError | null): void {
    this.#opening?.destroy();
    if (!this.#connection) return;
    // A request that was not possible never went out.
    if (error === null || error.code === "bad_request") this.#connections.giveBack(this.#connection);
    else this.#connection.destroy();
  }
}
