/**
 * An answer's bytes as text. Older systems answer in GBK and the like: the charset is the one that the content type names, else
 * that of a byte order mark, else what an XML prolog or an HTML meta says, else UTF-8.
 */
import { isUtf8 } from "node:buffer";

export interface Text {
  text: string;
  /** The bytes are valid in their charset: nothing was replaced. */
  exact: boolean;
}

/** Making one costs more than decoding a usual answer; it keeps nothing from one to the next. */
const UTF8 = new TextDecoder();
/** How far declarations inside a document are looked for (WHATWG, "prescan a byte stream"). */
const PRESCAN = 1024;

/**
 * Unknown charsets are passed over; what is not valid becomes U+FFFD.
 * @param cut `bytes` is the beginning only, and may end inside a character, which is left out
 */
export function readText(bytes: Buffer, contentType: string | string[] | undefined, cut = false): Text {
  const charset = charsetOf(bytes, contentType);
  if (charset === "utf-8") {
    const whole = cut ? bytes.subarray(0, lastCharacterEnd(bytes)) : bytes;
    return { text: UTF8.decode(whole), exact: isUtf8(whole) };
  }
  try {
    return { text: new TextDecoder(charset, { fatal: true }).decode(bytes, { stream: cut }), exact: true };
  } catch {
    return { text: new TextDecoder(charset).decode(bytes, { stream: cut }), exact: false };
  }
}

/** A charset as `TextDecoder` calls it. */
export function charsetOf(bytes: Buffer, contentType: string | string[] | undefined): string {
  const type = String(contentType ?? "");
  const named = /charset\s*=\s*["']?([\w:.-]+)/i.exec(type)?.[1];
  return known(named) ?? markOf(bytes) ?? declared(bytes, type) ?? "utf-8";
}

function known(label: string | undefined): string | null {
  if (label === undefined) return null;
  if (/^utf-?8$/i.test(label)) return "utf-8";
  try {
    return new TextDecoder(label).encoding;
  } catch {
    return null;
  }
}

/** Of a byte order mark. */
function markOf(bytes: Buffer): string | null {
  const [first, second, third] = bytes;
  if (first === 0xef && second === 0xbb && third === 0xbf) return "utf-8";
  if (first === 0xfe && second === 0xff) return "utf-16be";
  return first === 0xff && second === 0xfe ? "utf-16le" : null;
}

/** What a document of ASCII characters says of itself. That it is UTF-16 cannot be true then. */
function declared(bytes: Buffer, type: string): string | null {
  // 0x3c: "<". JSON and plain text have no say.
  const start = bytes.findIndex((byte) => !isBlank(byte));
  if (bytes[start] !== 0x3c) return null;
  const text = bytes.toString("latin1", 0, PRESCAN);
  const prolog = /^<\?xml\s[^>]*?\bencoding\s*=\s*["']([\w:.-]+)["']/.exec(text)?.[1];
  const charset = known(prolog ?? (mayBeHtml(type) ? metaOf(text) : undefined));
  return charset?.startsWith("utf-16") ? "utf-8" : charset;
}

const isBlank = (byte: number): boolean => byte === 0x20 || (byte >= 0x09 && byte <= 0x0d);

const mayBeHtml = (type: string): boolean =>
  type === "" || /^\s*(text\/html|application\/xhtml\+xml)\b/i.test(type);

/** `<meta charset="…">`, or `<meta http-equiv="content-type" content="…; charset=…">`. */
function metaOf(text: string): string | undefined {
  const seen = text.replace(/<!--.*?-->/gs, "");
  return /<meta\s[^>]*?\bcharset\s*=\s*["']?\s*([\w:.-]+)/i.exec(seen)?.[1];
}

/** Where the last whole character of UTF-8 ends. */
function lastCharacterEnd(bytes: Buffer): number {
  for (let at = bytes.length - 1; at >= Math.max(0, bytes.length - 4); at--) {
    const byte = bytes[at] as number;
    if ((byte & 0xc0) === 0x80) continue;
    const length = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : byte >= 0xc0 ? 2 : 1;
    return at + length > bytes.length ? at : bytes.length;
  }
  return bytes.length;
}
