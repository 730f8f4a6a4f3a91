/** Lists come in pages. */

/** `nextCursor` leads to the next one; null: there is none. */
export interface Page<T> {
  items: T[];
  nextCursor: string | null;
}

/** What every list takes. */
export interface PageQuery {
  limit?: number | undefined;
  cursor?: string | undefined;
}
