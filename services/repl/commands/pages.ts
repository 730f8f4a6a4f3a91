/** Lists that are short by nature, as a whole. */
import type { Page } from "../../../core/page.ts";

const LIMIT = 200;

/** All items, page after page. */
export async function everyPage<T>(
  ask: (page: { limit: number; cursor?: string }) => Promise<Page<T>>,
): Promise<T[]> {
  const items: T[] = [];
  let cursor: string | null = null;
  do {
    const page: Page<T> = await ask({ limit: LIMIT, ...(cursor === null ? {} : { cursor }) });
    items.push(...page.items);
    cursor = page.nextCursor;
  } while (cursor !== null);
  return items;
}
