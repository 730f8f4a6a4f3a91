/**
 * Dubbo's frames: a header of 16 bytes and a body. Bytes 0–1 magic, 2 flags and serialization, 3 status, 4–11 id, 12–15 length
 * of the body. Source: https://dubbo.apache.org/en/docs/concepts/rpc-protocol/ and `ExchangeCodec` of com.alibaba:dubbo:2.6.5.
 */

export const HEADER_BYTES = 16;
/** Of a body; Dubbo's own default (`payload`). */
export const MAX_BODY = 8 * 1024 * 1024;
/** A longer body is not even skipped: the connection ends. */
const MAX_SKIPPED = 64 * 1024 * 1024;

const MAGIC = 0xdabb;
const [REQUEST, TWO_WAY, EVENT, SERIALIZATION] = [0x80, 0x40, 0x20, 0x1f];
/** The number of hessian2 among Dubbo's serializations. */
export const HESSIAN2 = 2;

/** What an answer says before its body. Consumers try other providers for all but `OK`. */
export const STATUS = {
  OK: 20,
  BAD_REQUEST: 40,
  SERVICE_ERROR: 70,
  SERVER_ERROR: 80,
  /** The provider has too much to do. */
  EXHAUSTED: 100,
} as const;
export type Status = (typeof STATUS)[keyof typeof STATUS];

export interface Frame {
  isRequest: boolean;
  /** An answer is wanted. */
  isTwoWay: boolean;
  /** Heartbeats, and "read only" before a provider stops. */
  isEvent: boolean;
  serialization: number;
  id: bigint;
  /** Null: it was longer than {@link MAX_BODY}, and has been skipped. */
  body: Buffer | null;
  /** Of the body. */
  length: number;
}

/** What comes is not Dubbo's protocol: nobody knows where the next frame begins. */
export class FrameError extends Error {
  override name = "FrameError";
}

/** What a connection that is quiet keeps for the next frame. */
const USUAL = 4_096;

/**
 * Cuts a stream into frames. What has come of a frame that is not whole is held in one buffer that grows as it fills,
 * whatever the header says, and however small the pieces are.
 */
export class FrameReader {
  #buffer = Buffer.alloc(0);
  #held = 0;
  /** Of a body that is too long. */
  #toSkip = 0;

  /** Bytes of memory that it takes. */
  get size(): number {
    return this.#buffer.length;
  }

  /** Whether a frame has begun and is not whole. */
  get isWithinFrame(): boolean {
    return this.#held > 0 || this.#toSkip > 0;
  }

  /** The frames that `chunk` completes; all of them are to be taken. @throws FrameError */
  *read(chunk: Buffer): Generator<Frame> {
    this.#append(this.#skipped(chunk));
    for (let at = 0; ; ) {
      const rest = this.#buffer.subarray(at, this.#held);
      // What is no frame must not wait until it has 16 bytes.
      if (rest.length >= 2 && rest.readUInt16BE() !== MAGIC)
        throw new FrameError("this is not Dubbo's protocol");
      const header = rest.length >= HEADER_BYTES ? headerOf(rest) : null;
      const end = HEADER_BYTES + (header?.length ?? 0);
      if (header !== null && header.length > MAX_BODY) {
        at += Math.min(end, rest.length);
        this.#toSkip = end - Math.min(end, rest.length);
        yield { ...header, body: null };
      } else if (header !== null && end <= rest.length) {
        at += end;
        yield { ...header, body: Buffer.from(rest.subarray(HEADER_BYTES, end)) };
      } else return this.#keep(at);
    }
  }

  #skipped(chunk: Buffer): Buffer {
    const bytes = Math.min(this.#toSkip, chunk.length);
    this.#toSkip -= bytes;
    return chunk.subarray(bytes);
  }

  #append(chunk: Buffer): void {
    const needed = this.#held + chunk.length;
    if (needed > this.#buffer.length) {
      const larger = Buffer.allocUnsafe(Math.max(needed, Math.min(2 * this.#buffer.length, MAX_BODY)));
      this.#buffer.copy(larger, 0, 0, this.#held);
      this.#buffer = larger;
    }
    chunk.copy(this.#buffer, this.#held);
    this.#held = needed;
  }

  /** Moves what is left to the front. */
  #keep(at: number): void {
    const rest = this.#buffer.subarray(at, this.#held);
    if (at > 0 && rest.length <= USUAL) {
      const buffer = Buffer.allocUnsafe(rest.length);
      rest.copy(buffer);
      this.#buffer = buffer;
    } else if (at > 0) this.#buffer.copyWithin(0, at, this.#held);
    this.#held = rest.length;
  }
}

function headerOf(bytes: Buffer): Omit<Frame, "body"> {
  const flags = bytes[2] as number;
  const length = bytes.readInt32BE(12);
  if (length < 0 || length > MAX_SKIPPED) throw new FrameError(`a body of ${length} bytes`);
  return {
    isRequest: (flags & REQUEST) !== 0,
    isTwoWay: (flags & TWO_WAY) !== 0,
    isEvent: (flags & EVENT) !== 0,
    serialization: flags & SERIALIZATION,
    id: bytes.readBigInt64BE(4),
    length,
  };
}

/** An answer to request `id`. */
export const answerFrame = (id: bigint, status: Status, body: Buffer): Buffer =>
  frameOf(HESSIAN2, status, id, body);

/** An answer to an event of the peer's. */
export const eventAnswer = (id: bigint): Buffer => frameOf(EVENT | HESSIAN2, STATUS.OK, id, Buffer.from("N"));

/** Asks the peer for a sign of life. */
export const heartbeat = (id: bigint): Buffer =>
  frameOf(REQUEST | TWO_WAY | EVENT | HESSIAN2, 0, id, Buffer.from("N"));

/** Tells the peer to send its requests elsewhere: a string of one character, `R`. No answer comes. */
export const readOnly = (id: bigint): Buffer =>
  frameOf(REQUEST | EVENT | HESSIAN2, 0, id, Buffer.from([1, 0x52]));

function frameOf(flags: number, status: number, id: bigint, body: Buffer): Buffer {
  const frame = Buffer.allocUnsafe(HEADER_BYTES + body.length);
  frame.writeUInt16BE(MAGIC, 0);
  frame[2] = flags;
  frame[3] = status;
  frame.writeBigInt64BE(id, 4);
  frame.writeUInt32BE(body.length, 12);
  body.copy(frame, HEADER_BYTES);
  return frame;
}
