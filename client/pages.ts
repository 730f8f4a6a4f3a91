/** Lists that come in pages, as one list. */
import type { Page } from "./contract.ts";

/** @param page asks for the page behind `cursor`, or for the first */
export async function everyPage<T>(page: (cursor: string | null) => Promise<Page<T>>): Promise<T[]> {
  const items: T[] = [];
  let cursor: string | null = null;
  do {
    const { items: more, nextCursor }: Page<T> = await page(cursor);
    items.push(...more);
    cursor = nextCursor ?? null;
  } while (cursor !== null);
  return items;
}
