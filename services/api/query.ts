/** Query strings are text. */

/** The query with `limit` as a number, where it looks like one; the action checks it. */
export function withLimit(query: Record<string, unknown>): Record<string, unknown> {
  const { limit } = query;
  return limit !== undefined && /^\d+$/.test(String(limit))
    ? { ...query, limit: Number(limit) }
    : { ...query };
}

/** A numeric id of a path; what is none is an id that nothing has. */
export const numberOf = (text: string | undefined): number =>
  /^\d{1,9}$/.test(text ?? "") ? Number(text) : 0;
