/** Between text and bytes in the charset that a content type names. Java's old default, GBK, is still common. */
import { isUtf8 } from "node:buffer";
import iconv from "iconv-lite";

/** Bytes that are not what they are said to be. */
export class CharsetError extends Error {
  /** Of the first byte that fits no character, from 0. */
  readonly offset: number;

  constructor(charset: string, offset: number, byte: number) {
    super(`is not ${charset.toUpperCase()}: byte ${offset} is 0x${byte.toString(16).padStart(2, "0")}`);
    this.name = "CharsetError";
    this.offset = offset;
  }
}

const isUtf8Name = (charset: string): boolean => /^utf-?8$/i.test(charset);

/** Whether {@link decodeExactly} knows it: the labels of the WHATWG's Encoding Standard. */
export function canDecode(charset: string): boolean {
  try {
    new TextDecoder(charset);
    return true;
  } catch {
    return false;
  }
}

/**
 * The text of bytes, without a byte order mark at its beginning.
 * @param charset one that {@link canDecode}
 * @throws CharsetError
 */
export function decodeExactly(bytes: Buffer, charset: string): string {
  if (isUtf8Name(charset) && isUtf8(bytes)) {
    const hasMark = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf;
    return bytes.toString("utf8", hasMark ? 3 : 0);
  }
  try {
    return new TextDecoder(charset, { fatal: true }).decode(bytes);
  } catch {
    const offset = offsetOfFault(bytes, charset);
    throw new CharsetError(charset, offset, bytes[offset] ?? 0);
  }
}

/** Bytes that are tried at a time before the faulty part is looked through byte by byte. */
const CHUNK = 4096;
/** What a character takes at most. */
const LONGEST = 4;

/** Where the first character begins that is none. */
function offsetOfFault(bytes: Buffer, charset: string): number {
  const fresh = () => new TextDecoder(charset, { fatal: true });
  let end = 0;
  for (const decoder = fresh(); end < bytes.length; end += CHUNK)
    if (!accepts(decoder, bytes.subarray(end, end + CHUNK))) break;
  end = Math.min(end, bytes.length);
  const decoder = fresh();
  accepts(decoder, bytes.subarray(0, end));
  while (end < bytes.length && accepts(decoder, bytes.subarray(end, end + 1))) end++;
  // The byte at `end` does not go on what began before it: at the last place where all before is whole.
  for (let start = end; start > end - LONGEST && start > 0; start--)
    if (accepts(fresh(), bytes.subarray(0, start), false)) return start;
  return Math.max(0, end - LONGEST);
}

function accepts(decoder: InstanceType<typeof TextDecoder>, bytes: Buffer, stream = true): boolean {
  try {
    decoder.decode(bytes, { stream });
    return true;
  } catch {
    return false;
  }
}

/**
 * Whether {@link encodeExactly} knows it. Only what {@link canDecode} knows too: iconv-lite also has notations of bytes
 * (base64, hex) and charsets that no server reads (UTF-7, UTF-32).
 */
export const canEncode = (charset: string): boolean =>
  isUtf8Name(charset) || (canDecode(charset) && iconv.encodingExists(charset));

/**
 * The bytes of a text; UTF-8 stays a string, which Node writes as it is.
 * @param charset one that {@link canEncode}
 * @returns null where the charset lacks one of the characters, see {@link missingIn}
 */
export function encodeExactly(text: string, charset: string): string | Buffer | null {
  if (isUtf8Name(charset)) return text;
  const bytes = iconv.encode(text, charset);
  return iconv.decode(bytes, charset) === text ? bytes : null;
}

/** The first character of a text that a charset lacks, for messages: `U+1F600 at 12`. */
export function missingIn(text: string, charset: string): string | null {
  // What is lacking comes back as another character; up to there both are the same.
  const back = iconv.decode(iconv.encode(text, charset), charset);
  let at = 0;
  while (at < text.length && text[at] === back[at]) at++;
  if (at === text.length) return null;
  // The second half of a character that begins alike.
  if (/[\udc00-\udfff]/.test(text[at] as string) && at > 0) at--;
  return `U+${(text.codePointAt(at) as number).toString(16).toUpperCase().padStart(4, "0")} at ${at}`;
}
