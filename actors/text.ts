/** An answer's bytes as text, in the charset that its content type names: older systems answer in GBK. */

/** Making one costs more than decoding a usual answer; it keeps nothing from one to the next. */
const UTF8 = new TextDecoder();

/** Unknown charsets are read as UTF-8; what is not valid becomes U+FFFD. */
export function decodeBody(bytes: Buffer, contentType: string | string[] | undefined): string {
  const charset = /charset="?([\w:.-]+)/i.exec(String(contentType ?? ""))?.[1] ?? "utf-8";
  if (/^utf-?8$/i.test(charset)) return UTF8.decode(bytes);
  try {
    return new TextDecoder(charset).decode(bytes);
  } catch {
    return UTF8.decode(bytes);
  }
}
