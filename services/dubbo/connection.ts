/** One consumer's connection: frames in, answers out, signs of life in both directions. */
import type { Socket } from "node:net";
import { problemAnswer } from "../../core/dubbo/answer.ts";
import {
  answerFrame,
  eventAnswer,
  type Frame,
  FrameReader,
  HESSIAN2,
  heartbeat,
  MAX_BODY,
  readOnly,
  STATUS,
  type Status,
} from "../../core/dubbo/frame.ts";
import type { Load } from "./load.ts";

export interface Answer {
  status: Status;
  body: Buffer;
}

/** Answers the bodies of one connection's requests; never rejects. */
export type Responder = (body: Buffer) => Promise<Answer>;

export interface ConnectionOptions {
  socket: Socket;
  respond: Responder;
  load: Load;
  /** Milliseconds on a steady clock. */
  now(): number;
  /** Why it was closed by us; null: by the peer, or as usual. */
  onClosed(why: string | null): void;
}

/** Beyond these nothing more is read until some are answered. */
const MAX_UNANSWERED = 256;
/** Answers that a consumer does not fetch, in bytes. */
const MAX_UNSENT = 1024 * 1024;
/** How long a drained connection must be quiet before it ends, in ms: what was on its way is still answered. */
const QUIET = 1_000;

export class Connection {
  readonly #socket: Socket;
  readonly #options: ConnectionOptions;
  readonly #reader = new FrameReader();
  #unanswered = 0;
  #heldBytes = 0;
  #readAt: number;
  #writtenAt: number;
  /** For a sign of life. */
  #askedAt = Number.NEGATIVE_INFINITY;
  #why: string | null = null;
  #drained = false;
  /** Of requests that we send. */
  #nextId = 0n;

  constructor(options: ConnectionOptions) {
    this.#options = options;
    this.#socket = options.socket;
    this.#readAt = this.#writtenAt = options.now();
    this.#socket
      .setNoDelay(true)
      .on("data", (chunk) => this.#take(chunk))
      .on("drain", () => this.#flow())
      .on("error", () => this.#socket.destroy())
      .once("close", () => {
        options.load.holds(-this.#heldBytes);
        this.#heldBytes = 0;
        options.onClosed(this.#why);
      });
  }

  /** Sends a sign of life where it was quiet for `heartbeatMs`; closes where nothing was read for `idleMs`. */
  tick(heartbeatMs: number, idleMs: number): void {
    const now = this.#options.now();
    if (this.#drained && this.#unanswered === 0 && now - this.#readAt >= QUIET) this.#socket.end();
    else if (now - this.#readAt >= idleMs) this.close(`nothing was read for ${idleMs} ms`);
    else if (
      now - Math.min(this.#readAt, this.#writtenAt) >= heartbeatMs &&
      now - this.#askedAt >= heartbeatMs
    ) {
      this.#askedAt = now;
      this.#write(heartbeat(this.#nextId++));
    }
  }

  /** Tells the consumer to use other providers. What comes all the same is answered; {@link tick} ends it when it is quiet. */
  drain(): void {
    this.#drained = true;
    this.#write(readOnly(this.#nextId++));
  }

  close(why: string | null): void {
    this.#why ??= why;
    this.#socket.destroy();
  }

  #take(chunk: Buffer): void {
    this.#readAt = this.#options.now();
    try {
      for (const frame of this.#reader.read(chunk)) this.#frame(frame);
    } catch (error) {
      // Where the next frame begins is not known.
      this.close((error as Error).message);
      return;
    }
    const grown = this.#reader.size - this.#heldBytes;
    this.#heldBytes += grown;
    const hasRoom = this.#options.load.holds(grown);
    if (hasRoom || !this.#reader.isWithinFrame) this.#flow();
    else this.close("frames that are not whole take too much memory");
  }

  #frame({ isRequest, isTwoWay, isEvent, serialization, id, body, length }: Frame): void {
    // Answers to our heartbeats.
    if (!isRequest) return;
    if (isEvent) {
      if (isTwoWay) this.#write(eventAnswer(id));
      return;
    }
    const answer = (status: Status, bytes: Buffer) => {
      if (isTwoWay) this.#write(answerFrame(id, status, bytes));
    };
    const refuse = (status: Status, text: string) => answer(status, problemAnswer(text));
    const { load, respond } = this.#options;
    if (body === null)
      refuse(STATUS.BAD_REQUEST, `Data length too large: ${length}, max payload: ${MAX_BODY}`);
    else if (serialization !== HESSIAN2)
      refuse(
        STATUS.BAD_REQUEST,
        `Serialization ${serialization} is not supported, only hessian2 (${HESSIAN2})`,
      );
    else if (!load.begins(body.length)) refuse(STATUS.EXHAUSTED, "Too much is under way here; try again");
    else {
      this.#unanswered++;
      void respond(body).then((given) => {
        load.ends(body.length);
        this.#unanswered--;
        answer(given.status, given.body);
        this.#flow();
      });
    }
  }

  #write(frame: Buffer): void {
    if (!this.#socket.writable) return;
    this.#writtenAt = this.#options.now();
    this.#socket.write(frame);
  }

  /** Reads on, or not: what a consumer sends faster than we answer waits on its side. */
  #flow(): void {
    const isFull = this.#unanswered >= MAX_UNANSWERED || this.#socket.writableLength > MAX_UNSENT;
    if (isFull) this.#socket.pause();
    else if (this.#socket.isPaused()) this.#socket.resume();
  }
}
