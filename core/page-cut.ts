/** Pages end by count, and by bytes: what a list may answer is bounded, whatever stands in its rows. */
import type { Page } from "./page.ts";

/** A page takes so much as JSON, in bytes; more only where its first item alone does. */
export const MAX_PAGE_BYTES = 4 * 1024 * 1024;

/**
 * How many of `items`, from the first, one page takes: at least one.
 * @param bytesOf what an item takes; default: as JSON
 */
export function fitting<T>(
  items: readonly T[],
  bytesOf: (item: T) => number = jsonBytes,
  maxBytes = MAX_PAGE_BYTES,
): number {
  let left = maxBytes;
  const end = items.findIndex((item, i) => {
    left -= bytesOf(item);
    return left < 0 && i > 0;
  });
  return end < 0 ? items.length : end;
}

/**
 * @param found up to one item more than `limit`, in order
 * @param cursorOf leads behind an item
 */
export function cutPage<T>(found: T[], limit: number, cursorOf: (last: T) => string): Page<T> {
  const items = found.slice(0, fitting(found.slice(0, limit)));
  const last = items.at(-1);
  return { items, nextCursor: last !== undefined && items.length < found.length ? cursorOf(last) : null };
}

const jsonBytes = (item: unknown): number => Buffer.byteLength(JSON.stringify(item) ?? "");
