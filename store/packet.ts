/**
 * MySQL reads no statement longer than its `max_allowed_packet`, and closes the connection of a longer one. So batches are
 * cut to it, and what is longer by itself is refused before it is sent.
 */

/** For the text around the rows, and for what else is in the transaction. */
const MARGIN = 4_096;
/** Of a value that is no text: a number, or 16 bytes in hexadecimal. */
const SHORT = 40;

/** How many bytes a row takes in the text of a statement. */
export function textBytes(row: unknown[]): number {
  let bytes = 3;
  for (const value of row) bytes += typeof value === "string" ? quotedBytes(value) : SHORT;
  return bytes;
}

/** As mysql2 quotes it: what it escapes takes two bytes. */
function quotedBytes(text: string): number {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is escaped.
  const escaped = text.match(/[\0\x08\x09\x1a\n\r"'\\]/g)?.length ?? 0;
  return Buffer.byteLength(text) + escaped + 3;
}

/** What of `items` goes together, in order. */
export interface Cut<T> {
  parts: T[][];
  /** Too long alone. */
  oversize: T[];
}

/**
 * @param limit in bytes; infinite: all goes together
 * @param atMost quick to say, and never too little
 * @param exactly how many bytes an item takes
 */
export function cutTo<T>(
  items: T[],
  limit: number,
  atMost: (item: T) => number,
  exactly: (item: T) => number,
): Cut<T> {
  const room = limit - MARGIN;
  if (items.reduce((sum, item) => sum + atMost(item), 0) <= room) return { parts: [items], oversize: [] };
  const cut: Cut<T> = { parts: [], oversize: [] };
  let part: T[] = [];
  let bytes = 0;
  for (const item of items) {
    const size = exactly(item);
    if (size > room) {
      cut.oversize.push(item);
      continue;
    }
    if (part.length > 0 && bytes + size > room) {
      cut.parts.push(part);
      part = [];
      bytes = 0;
    }
    part.push(item);
    bytes += size;
  }
  if (part.length > 0) cut.parts.push(part);
  return cut;
}
