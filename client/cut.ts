/** Batches by bytes. */

/**
 * Cuts `items` into consecutive parts of at most `maxBytes` of JSON each; a larger item is a part of its own.
 * At least one part, so an empty batch is still sent and answered.
 */
export function cut<T>(items: T[], maxBytes: number): T[][] {
  let part: T[] = [];
  const parts = [part];
  let bytes = 0;
  for (const item of items) {
    const size = Buffer.byteLength(JSON.stringify(item) ?? "") + 1;
    if (part.length > 0 && bytes + size > maxBytes) {
      part = [];
      parts.push(part);
      bytes = 0;
    }
    part.push(item);
    bytes += size;
  }
  return parts;
}
