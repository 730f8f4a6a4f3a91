/** The list that a task was opened from, as the address of the console says it. */
import type { paths } from "../api/openapi.ts";
import { moment } from "./filters.ts";
import type { Key } from "./i18n.svelte.ts";

type Query = NonNullable<paths["/v1/tasks/{taskId}/neighbours"]["get"]["parameters"]["query"]>;

const LISTS: Record<string, { title: Key; fixed: Query }> = {
  "/tasks": { title: "page.tasks", fixed: {} },
  "/waiting": { title: "page.waiting", fixed: { state: ["pending", "delivering"], sort: "due" } },
};
/** What the address of a list says that is no filter of it. */
const PLACE = new Set(["cursor", "limit"]);
const NUMBERS = new Set(["incident"]);
const TIMES = new Set(["createdFrom", "createdTo"]);

/**
 * @param from path and query
 * @param now what relative times are counted from
 * @returns null where it is no list of tasks
 */
export function listOf(from: string, now: number): { title: Key; query: Query } | null {
  const [path = "", text = ""] = from.split(/\?(.*)/s);
  const list = LISTS[path];
  if (!list) return null;
  const query: Record<string, unknown> = {};
  for (const [name, value] of new URLSearchParams(text)) {
    if (PLACE.has(name)) continue;
    if (name === "state") query.state = [...((query.state as string[]) ?? []), value];
    else query[name] = TIMES.has(name) ? moment(value, now) : NUMBERS.has(name) ? Number(value) : value;
  }
  return { title: list.title, query: { ...query, ...list.fixed } as Query };
}
