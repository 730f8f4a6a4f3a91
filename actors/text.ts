/** An answer's bytes as text, in the charset that its content type names: older systems answer in GBK. */

/** Unknown charsets are read as UTF-8; what is not valid becomes U+FFFD. */
export function decodeBody(bytes: Buffer, contentType: string | string[] | undefined): string {
  const charset = /charset="?([\w:.-]+)/i.exec(String(contentType ?? ""))?.[1] ?? "utf-8";
  try {
    return new TextDecoder(charset).decode(bytes);
  } catch {
    return new TextDecoder().decode(bytes);
  }
}
