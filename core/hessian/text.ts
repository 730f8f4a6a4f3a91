/**
 * Strings on the wire: CESU-8, which writes each UTF-16 unit by itself in one to three bytes (half an emoji in three). The
 * length in front counts units, as Java's `String.length()`.
 */
import { HessianError } from "./values.ts";

/** Decoded units wait in pieces of this size. */
const PIECE = 4_096;

/**
 * Reads `units` UTF-16 units from `bytes` at `start`. Standard UTF-8 in four bytes, as some other languages' senders write,
 * is taken for the two units that it stands for.
 * @returns the text, and where it ends
 * @throws HessianError
 */
export function readText(bytes: Buffer, start: number, units: number): { text: string; end: number } {
  const ascii = asciiAt(bytes, start, units);
  if (ascii !== null) return { text: ascii, end: start + units };
  const pieces: string[] = [];
  const piece = new Uint16Array(Math.min(units, PIECE) + 1);
  let [at, filled, left] = [start, 0, units];
  while (left > 0) {
    const first = bytes[at];
    if (first === undefined) throw new HessianError("a string ends too early");
    if (first < 0x80) {
      piece[filled++] = first;
      at += 1;
    } else if ((first & 0xe0) === 0xc0) {
      piece[filled++] = ((first & 0x1f) << 6) | more(bytes, at + 1);
      at += 2;
    } else if ((first & 0xf0) === 0xe0) {
      piece[filled++] = ((first & 0x0f) << 12) | (more(bytes, at + 1) << 6) | more(bytes, at + 2);
      at += 3;
    } else if ((first & 0xf8) === 0xf0 && left > 1) {
      const point =
        ((first & 0x07) << 18) |
        (more(bytes, at + 1) << 12) |
        (more(bytes, at + 2) << 6) |
        more(bytes, at + 3);
      if (point < 0x10000 || point > 0x10ffff) throw new HessianError("a string is not CESU-8");
      piece[filled++] = 0xd800 + ((point - 0x10000) >> 10);
      piece[filled++] = 0xdc00 + ((point - 0x10000) & 0x3ff);
      at += 4;
      left -= 1;
    } else throw new HessianError("a string is not CESU-8");
    left -= 1;
    if (filled >= PIECE) {
      pieces.push(textOf(piece, filled));
      filled = 0;
    }
  }
  pieces.push(textOf(piece, filled));
  return { text: pieces.join(""), end: at };
}

/** @returns the bytes of a string's units, each by itself */
export function textBytes(text: string): Buffer {
  // Three bytes per unit is the most there can be.
  const bytes = Buffer.allocUnsafe(text.length * 3);
  let at = 0;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit < 0x80) bytes[at++] = unit;
    else if (unit < 0x800) {
      bytes[at++] = 0xc0 | (unit >> 6);
      bytes[at++] = 0x80 | (unit & 0x3f);
    } else {
      bytes[at++] = 0xe0 | (unit >> 12);
      bytes[at++] = 0x80 | ((unit >> 6) & 0x3f);
      bytes[at++] = 0x80 | (unit & 0x3f);
    }
  }
  return bytes.subarray(0, at);
}

/** Most names and addresses are ASCII, which needs no work unit by unit. */
function asciiAt(bytes: Buffer, start: number, units: number): string | null {
  if (start + units > bytes.length) throw new HessianError("a string ends too early");
  for (let at = start; at < start + units; at++) if ((bytes[at] as number) >= 0x80) return null;
  return bytes.toString("latin1", start, start + units);
}

function more(bytes: Buffer, at: number): number {
  const byte = bytes[at];
  if (byte === undefined || (byte & 0xc0) !== 0x80) throw new HessianError("a string is not CESU-8");
  return byte & 0x3f;
}

const textOf = (units: Uint16Array, count: number): string =>
  Buffer.from(units.buffer, 0, count * 2).toString("utf16le");
