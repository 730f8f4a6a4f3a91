/** Targets of requests that no route could read rightly. */
import type { IncomingMessage } from "node:http";
import { BidaError } from "../../core/errors.ts";

/**
 * Refuses a path that is wrongly percent-encoded, and a parameter whose name the parser of queries leaves out without a word.
 * @throws BidaError not_found; invalid_query
 */
export function checkTarget({ url = "" }: IncomingMessage): void {
  const at = url.indexOf("?");
  const path = at < 0 ? url : url.slice(0, at);
  if (path.includes("%") && !isEncoded(path))
    throw new BidaError("not_found", "The path is wrongly percent-encoded");
  if (at < 0 || !/proto|%/i.test(url) || path.startsWith("/api/")) return;
  const field = "__proto__";
  if (!new URLSearchParams(url.slice(at + 1)).has(field)) return;
  throw new BidaError("invalid_query", undefined, { errors: [{ field, message: "is not a known field" }] });
}

function isEncoded(path: string): boolean {
  try {
    decodeURIComponent(path);
    return true;
  } catch {
    return false;
  }
}
