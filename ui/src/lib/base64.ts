/** Bytes as base64 with padding (RFC 4648, section 4). */

/** How many bytes a text stands for. */
export function base64Size(text: string): number {
  const digits = text.replace(/[\s=]/g, "").length;
  return Math.floor((digits * 3) / 4);
}

/** Bytes whose characters a call takes as its arguments without a limit of the engine's being near. */
const CHUNK = 8_192;

export function base64Of(bytes: Uint8Array): string {
  let binary = "";
  for (let at = 0; at < bytes.length; at += CHUNK)
    binary += String.fromCharCode(...bytes.subarray(at, at + CHUNK));
  return btoa(binary);
}
