/** Answers that are kept as bytes: what can be read of them, and the bytes themselves. */

import { offerFile } from "./offer-file.ts";

export const bytesOf = (base64: string): Uint8Array<ArrayBuffer> =>
  Uint8Array.from(atob(base64), (c) => c.charCodeAt(0));

/** In the charset that the answer's content type names, else UTF-8; what is not valid is shown as U+FFFD. */
export function readable(bytes: Uint8Array<ArrayBuffer>, contentType: string | string[] | undefined): string {
  const charset = /charset\s*=\s*["']?([\w:.-]+)/i.exec(String(contentType ?? ""))?.[1] ?? "utf-8";
  try {
    return new TextDecoder(charset).decode(bytes);
  } catch {
    return new TextDecoder().decode(bytes);
  }
}

/** Offers a file. Its type is one that no browser opens: the bytes are foreign. */
export function download(bytes: Uint8Array<ArrayBuffer>, name: string): void {
  offerFile(new Blob([bytes], { type: "application/octet-stream" }), name);
}
