// A row of the table of answers, and how targets play it.

import type { Socket } from "node:net";
import { setImmediate as turn } from "node:timers/promises";
import type { CallErrorCode } from "../../../core/outcome.ts";

export interface Play {
  socket: Socket;
  /** From 1: of the connections, and of the requests on this one. */
  connection: number;
  request: number;
}

export interface Row {
  /** As the documentation has it. */
  what: string;
  /** What the target does once a request's head is there. */
  play: (play: Play) => unknown;
  comes: "succeeded" | CallErrorCode;
  status: number | null;
  /** Of the record. */
  body?: string | null;
  base64?: boolean;
  truncated?: boolean;
  /** Of the error. */
  says?: RegExp;
  /** Calls that are made one after the other; the last one is judged. */
  calls?: number;
  /** Between them the target closes its connection, of its own accord. */
  untilClosed?: true;
  /** How many of the kept connections were found closed. */
  stale?: number;
  /** Of the request. */
  sends?: string;
}

export const OK = "HTTP/1.1 200 OK\r\n";
export const sized = (bytes: Buffer | string): string =>
  `content-length: ${Buffer.byteLength(bytes)}\r\n\r\n`;
export const FINE = `${OK}${sized("ok")}ok`;

/** Writes the parts one after the other, each in a turn of its own, and closes. */
export const writes =
  (...parts: (string | Buffer)[]) =>
  async ({ socket }: Pick<Play, "socket">) => {
    for (const [i, part] of parts.entries()) {
      if (i > 0) await turn();
      socket.write(typeof part === "string" ? Buffer.from(part, "latin1") : part);
    }
    socket.end();
  };

export const encoded = (coding: string, body: Buffer, type = "text/plain") =>
  writes(`${OK}content-type: ${type}\r\ncontent-encoding: ${coding}\r\n${sized(body)}`, body);
export const typed = (type: string, body: Buffer) => writes(`${OK}${type}${sized(body)}`, body);
export const chunked = (text: string) => writes(`${OK}transfer-encoding: chunked\r\n\r\n${text}`);

export const CONTINUE = "HTTP/1.1 100 Continue\r\n\r\n";
/** Bytes that are no text. */
export const PNG = Buffer.from("89504e470d0a1a0a0000000d49484452ffd8ff00", "hex");
