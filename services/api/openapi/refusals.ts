/** Which refusals a route can answer. */
import { REFUSALS, type RefusalCode } from "../../../core/errors.ts";
import type { Declaration } from "../route.ts";

/** What Node's HTTP parser refuses, before it is known what is asked for: a problem document, whichever route it is. */
export const OF_THE_PARSER: ReadonlySet<RefusalCode> = new Set(["invalid_http", "headers_too_large"]);

/** By HTTP status, ascending. */
export function refusalsOf(route: Declaration): [status: number, codes: RefusalCode[]][] {
  const codes = new Set<RefusalCode>(route.refusals);
  const add = (...more: RefusalCode[]) => {
    for (const code of more) codes.add(code);
  };
  if (route.access !== null || route.credentials) add("unauthorized", "forbidden", "too_many_requests");
  // Of bytes, and of event streams.
  if (route.body || route.path === "/v1/events") add("share_used_up");
  if (route.query || route.access !== null) add("invalid_query");
  // `invalid_query` is also what a parameter in the path gets that is none.
  if (route.path.includes("{")) add("not_found", "invalid_query");
  if (route.body) {
    add("invalid_json", "invalid_encoding", "body_too_large", "unsupported_media_type");
    if (route.tag === "Tasks" || route.credentials === "legacy") add("invalid_task");
    if (route.credentials !== "legacy") add("invalid_body");
  }
  if (route.idempotent) add("idempotency_conflict");
  add("misdirected", "own_callback", "internal", "unavailable", ...OF_THE_PARSER);
  const byStatus = Map.groupBy(codes, (code) => REFUSALS[code][0]);
  return [...byStatus].sort(([a], [b]) => a - b);
}
