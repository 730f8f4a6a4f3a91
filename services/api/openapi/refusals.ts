/** Which refusals a route can answer. */
import { REFUSALS, type RefusalCode } from "../../../core/errors.ts";
import type { Declaration } from "../route.ts";

/** By HTTP status, ascending. What Node's HTTP parser refuses (431 and 400 `invalid_http`) belongs to no route. */
export function refusalsOf(route: Declaration): [status: number, codes: RefusalCode[]][] {
  const codes = new Set<RefusalCode>(route.refusals);
  const add = (...more: RefusalCode[]) => {
    for (const code of more) codes.add(code);
  };
  if (route.access !== null || route.door) add("unauthorized", "forbidden", "too_many_requests");
  // Of bytes, and of event streams.
  if (route.body || route.path === "/v1/events") add("share_used_up");
  if (route.query) add("invalid_query");
  // `invalid_json` is also what a path that is wrongly percent-encoded gets.
  if (route.path.includes("{")) add("not_found", "invalid_json");
  if (route.body) {
    add("invalid_json", "invalid_encoding", "body_too_large", "unsupported_media_type");
    if (route.tag === "Tasks" || route.door === "legacy") add("invalid_task");
    if (route.door !== "legacy") add("invalid_body");
  }
  if (route.idempotent) add("idempotency_conflict");
  add("misdirected", "internal", "unavailable");
  const byStatus = Map.groupBy(codes, (code) => REFUSALS[code][0]);
  return [...byStatus].sort(([a], [b]) => a - b);
}
