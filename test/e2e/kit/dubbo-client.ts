/** A Dubbo consumer's side of a connection, frame by frame. */
import { connect, type Socket } from "node:net";
import { type Frame, FrameReader, HEADER_BYTES } from "../../../core/dubbo/frame.ts";
import { HessianReader } from "../../../core/hessian/reader.ts";
import type { HessianObject, HessianValue } from "../../../core/hessian/values.ts";
import { recorded } from "../../core/dubbo/recording.ts";

/** A frame with the status that {@link FrameReader}, which reads requests, has no use for. */
export interface Answered extends Frame {
  status: number;
}

export class DubboClient {
  readonly socket: Socket;
  /** Everything that came, in order. */
  readonly frames: Answered[] = [];
  /** Resolves when the other side has closed. */
  readonly closed: Promise<void>;
  #waiting: (() => void)[] = [];
  #isClosed = false;
  #nextId = 1_000n;

  private constructor(socket: Socket) {
    this.socket = socket;
    const reader = new FrameReader();
    let statuses = Buffer.alloc(0);
    socket.on("data", (chunk) => {
      statuses = Buffer.concat([statuses, chunk]);
      for (const frame of reader.read(chunk)) {
        this.frames.push({ ...frame, status: statuses[3] as number });
        statuses = statuses.subarray(HEADER_BYTES + frame.length);
      }
      for (const look of this.#waiting) look();
    });
    socket.on("error", () => undefined);
    this.closed = new Promise((resolve) => {
      socket.on("close", () => {
        this.#isClosed = true;
        for (const look of this.#waiting) look();
        resolve();
      });
    });
  }

  static async open(port: number): Promise<DubboClient> {
    const socket = connect({ host: "127.0.0.1", port });
    const client = new DubboClient(socket);
    await new Promise<void>((resolve, reject) => socket.once("connect", resolve).once("error", reject));
    return client;
  }

  /** Sends a frame under an id of its own; resolves with the answer. */
  async ask(frame: Buffer): Promise<Answered> {
    const id = this.send(frame);
    return this.frame(`an answer to ${id}`, (one) => !one.isRequest && one.id === id);
  }

  /** @returns the id that it was sent under */
  send(frame: Buffer): bigint {
    const id = this.#nextId++;
    const copy = Buffer.from(frame);
    copy.writeBigInt64BE(id, 4);
    this.socket.write(copy);
    return id;
  }

  /** The first frame that `fits`, once it is there. */
  async frame(what: string, fits: (frame: Answered) => boolean, deadlineMs = 20_000): Promise<Answered> {
    const { promise, resolve, reject } = Promise.withResolvers<Answered>();
    const look = () => {
      const frame = this.frames.find(fits);
      if (frame) resolve(frame);
      else if (this.#isClosed) reject(new Error(`the connection was closed before ${what}`));
    };
    this.#waiting.push(look);
    const timer = setTimeout(() => reject(new Error(`not within ${deadlineMs} ms: ${what}`)), deadlineMs);
    look();
    return promise.finally(() => {
      clearTimeout(timer);
      this.#waiting = this.#waiting.filter((one) => one !== look);
    });
  }

  close(): void {
    this.socket.destroy();
  }
}

/** What an answer of status 20 carries; of an exception its message. */
export function outcomeOf({
  body,
}: Answered): { value: HessianValue } | { exception: string; message: string } {
  const reader = new HessianReader(body as Buffer);
  const mark = (reader.value() as number) % 3;
  const value = reader.value();
  if (mark !== 0) return { value };
  const { type, fields } = value as HessianObject;
  return { exception: type, message: fields.get("detailMessage") as string };
}

/** What an answer of any other status says. */
export const problemOf = ({ body }: Answered): string => new HessianReader(body as Buffer).value() as string;

/** A recorded request with other text of the same or another length: its body's strings are replaced byte by byte. */
export function requestLike(name: string, ...changes: [from: string, to: string][]): Buffer {
  let bytes = recorded(name).request.toString("latin1");
  for (const [from, to] of changes) bytes = bytes.replaceAll(prefixed(from), prefixed(to));
  const frame = Buffer.from(bytes, "latin1");
  frame.writeUInt32BE(frame.length - HEADER_BYTES, 12);
  return frame;
}

/** An ASCII string with its length in front, as hessian2 writes it. */
const prefixed = (text: string): string =>
  text.length < 32
    ? String.fromCharCode(text.length) + text
    : String.fromCharCode(0x30 + (text.length >> 8), text.length & 0xff) + text;
