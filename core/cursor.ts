/** Cursors of pages: where a page ended. Callers hand them back as they got them. */
import { BidaError } from "./errors.ts";

/** Stands in no part: parts are numbers, ids, words and origins. */
const BETWEEN = "|";

export const wrongCursor = (): BidaError =>
  new BidaError("invalid_query", undefined, {
    errors: [{ field: "cursor", message: "must be a nextCursor of an earlier page" }],
  });

export const cursorOf = (...parts: (string | number)[]): string =>
  Buffer.from(parts.join(BETWEEN)).toString("base64url");

/**
 * The parts that {@link cursorOf} was given. A cursor that was cut, or has something appended, is none.
 * @throws BidaError invalid_query
 */
export function cursorParts(cursor: string, count: number): string[] {
  const parts = Buffer.from(cursor, "base64url").toString().split(BETWEEN);
  if (parts.length !== count || parts.includes("") || cursorOf(...parts) !== cursor) throw wrongCursor();
  return parts;
}
