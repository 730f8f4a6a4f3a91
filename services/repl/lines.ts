/** Lines of a socket, with a limit: anyone who connects can write without end, and without an end of a line. */
import type { Socket } from "node:net";

const NEWLINE = 0x0a;

/** A line that is longer than its reader takes. */
export class LineTooLong extends Error {}

/**
 * One line after another, without its end; the socket is read no faster than they are taken. Ends with the socket, also
 * where that breaks: what is unfinished then is dropped.
 * @param maxBytes of one line
 * @throws LineTooLong
 */
export async function* linesOf(socket: Socket, maxBytes: number): AsyncGenerator<string, void, undefined> {
  let parts: Buffer[] = [];
  let length = 0;
  for await (const chunk of chunksOf(socket)) {
    let from = 0;
    for (let end = chunk.indexOf(NEWLINE); end !== -1; end = chunk.indexOf(NEWLINE, from)) {
      parts.push(chunk.subarray(from, end));
      if (length + end - from > maxBytes) throw new LineTooLong();
      yield Buffer.concat(parts).toString();
      parts = [];
      length = 0;
      from = end + 1;
    }
    parts.push(chunk.subarray(from));
    length += chunk.length - from;
    if (length > maxBytes) throw new LineTooLong();
  }
}

async function* chunksOf(socket: Socket): AsyncGenerator<Buffer, void, undefined> {
  try {
    yield* socket as AsyncIterable<Buffer>;
  } catch {
    // The other side has gone in the middle of something.
  }
}
