/** Lists whose filters no index knows answer with what a short look finds; a page is made of several looks. */
import type { Page } from "../api/types.ts";

/** Nobody should wait longer for the first thing to see, in ms. */
const PATIENCE = 3_000;

/**
 * A page of up to `limit`. It may still be short and have a cursor: then the rest was not looked at.
 * @param get one look from a cursor on
 */
export async function wholePage<T>(
  limit: number,
  cursor: string | null,
  get: (cursor: string | null, limit: number) => Promise<Page<T>>,
): Promise<Page<T>> {
  const until = Date.now() + PATIENCE;
  const items: T[] = [];
  let next = cursor;
  do {
    const page = await get(next, limit - items.length);
    items.push(...page.items);
    next = page.nextCursor;
  } while (next !== null && items.length < limit && Date.now() < until);
  return { items, nextCursor: next };
}
