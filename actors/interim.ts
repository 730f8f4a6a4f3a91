/**
 * Looks at what a socket has read before undici does. Answers to come (1xx: 100, 102, 103), which a target may send
 * unasked before its real one (RFC 9110, section 15.2), are taken out here: undici breaks the connection at a 100. And it
 * is known whether a byte of an answer has come, which decides whether a request may be sent again at once.
 */
import type { Socket } from "node:net";
import { AnswerError } from "./call-errors.ts";

/** One answer to come may take this much; so may the head of the real one. */
export const MAX_HEAD_BYTES = 16 * 1024;
/** All answers to come of one call may take this much. */
const MAX_INTERIM_BYTES = 64 * 1024;

/** How an answer to come begins; `d` is any digit. */
const INTERIM = Buffer.from("HTTP/d.d 1dd");
const SWITCHING = Buffer.from("101");
const [CR, LF, ONE, ZERO, NINE, DIGIT] = [0x0d, 0x0a, 0x31, 0x30, 0x39, 0x64];
/** Where the first digit of the status stands. */
const STATUS_AT = 9;

export class AnswerWatch {
  /** A byte came since the last request went out. */
  answered = false;
  /** When the first byte of the real answer came, monotonic ms; null: not yet. */
  firstAt: number | null = null;
  readonly #socket: Socket;
  /** The beginning of the real answer has not been seen yet. */
  #waiting = false;
  /** What came of a head that is not complete. */
  #held: Buffer | null = null;
  #interimBytes = 0;
  /** What came of the real answer, while its head is not complete: only to say what is wrong with it. */
  #head: Buffer[] | null = null;

  constructor(socket: Socket) {
    this.#socket = socket;
    const push = socket.push;
    socket.push = (chunk: Buffer | null, encoding?: BufferEncoding) => {
      if (this.#head === null || chunk === null) return push.call(socket, chunk, encoding);
      this.answered = true;
      const rest = this.#waiting ? this.#withoutInterim(chunk) : chunk;
      // All of it was taken out: the socket goes on reading.
      if (rest === null) return true;
      this.firstAt ??= performance.now();
      this.#head.push(rest);
      return push.call(socket, rest, encoding);
    };
  }

  /** A request is to go out. */
  ready(): void {
    this.answered = false;
    this.firstAt = null;
  }

  /** A request goes out now: what comes is its answer. */
  begin(): void {
    this.ready();
    this.#waiting = true;
    this.#held = null;
    this.#interimBytes = 0;
    this.#head = [];
  }

  /** The head of the answer is complete. */
  headDone(): void {
    this.#head = null;
  }

  /** What came of an answer whose head is not complete. */
  get head(): Buffer {
    return Buffer.concat(this.#head ?? []);
  }

  /** @returns the beginning of the real answer; null where more must come first */
  #withoutInterim(chunk: Buffer): Buffer | null {
    let bytes = chunk;
    if (this.#held !== null) {
      bytes = Buffer.concat([this.#held, chunk]);
      this.#held = null;
    } else if (chunk.length > STATUS_AT && chunk[STATUS_AT] !== ONE && chunk[0] !== CR && chunk[0] !== LF) {
      // Almost every answer: it is not one to come.
      this.#waiting = false;
      return chunk;
    }
    for (;;) {
      bytes = this.#withoutBlankLines(bytes);
      const interim = beginsInterim(bytes);
      if (interim === false) {
        this.#waiting = false;
        return bytes;
      }
      const end = interim === null ? -1 : endOfHead(bytes);
      if (interim === true && (end === BROKEN || isSwitching(bytes))) return this.#refuse(end);
      if (end < 0) return this.#hold(bytes);
      this.#interimBytes += end;
      bytes = bytes.subarray(end);
      if (this.#interimBytes > MAX_INTERIM_BYTES) return this.#tooMuch();
    }
  }

  /** Parsers pass over blank lines before an answer. */
  #withoutBlankLines(bytes: Buffer): Buffer {
    let at = 0;
    while (bytes[at] === CR || bytes[at] === LF) at += 1;
    this.#interimBytes += at;
    return at === 0 ? bytes : bytes.subarray(at);
  }

  #hold(bytes: Buffer): null {
    if (bytes.length > MAX_HEAD_BYTES || this.#interimBytes > MAX_INTERIM_BYTES) return this.#tooMuch();
    // A copy: what was read lies in a large buffer.
    this.#held = Buffer.from(bytes);
    return null;
  }

  #refuse(end: number): null {
    const problem =
      end === BROKEN
        ? "a line of an answer to come (1xx) is no header, or does not end with CR LF"
        : "the target switched protocols (101), which was not asked for";
    this.#socket.destroy(new AnswerError("bad_response", problem));
    return null;
  }

  #tooMuch(): null {
    this.#socket.destroy(
      new AnswerError("too_large_headers", "the answers to come (1xx) are larger than is read of them"),
    );
    return null;
  }
}

/** Null: too short to tell. */
function beginsInterim(bytes: Buffer): boolean | null {
  const length = Math.min(bytes.length, INTERIM.length);
  for (let i = 0; i < length; i++) {
    const [wanted, byte] = [INTERIM[i] as number, bytes[i] as number];
    if (wanted === DIGIT ? byte < ZERO || byte > NINE : byte !== wanted) return false;
  }
  return length === INTERIM.length ? true : null;
}

const isSwitching = (bytes: Buffer): boolean =>
  bytes.subarray(STATUS_AT, STATUS_AT + SWITCHING.length).equals(SWITCHING);

const INCOMPLETE = -1;
const BROKEN = -2;

/** A header's name is a token, right before its colon (RFC 9112, section 5). */
const HEADER = /^[!#$%&'*+\-.^_`|~\dA-Za-z]+:/;

/** Where a head ends: behind its blank line. */
function endOfHead(bytes: Buffer): number {
  for (let from = 0; ; ) {
    const at = bytes.indexOf(LF, from);
    if (at < 0) return INCOMPLETE;
    if (bytes[at - 1] !== CR) return BROKEN;
    if (at - 1 === from) return at + 1;
    // The blank line is missing, and the next answer follows.
    if (from > 0 && !HEADER.test(bytes.toString("latin1", from, at))) return BROKEN;
    from = at + 1;
  }
}
