/** The list that a task was opened from, as the address of the console says it. */
import type { paths } from "../api/openapi.ts";
import type { FilterDef } from "./filters.ts";
import type { Key } from "./i18n.svelte.ts";
import { askedTasks, OPEN_TASK_FILTERS, TASK_FILTERS, taskFilterOf } from "./task-filters.ts";

type Query = NonNullable<paths["/v1/tasks/{taskId}/neighbours"]["get"]["parameters"]["query"]>;

const LISTS: Record<string, { title: Key; filters: FilterDef[]; fixed: Query }> = {
  "/tasks": { title: "page.tasks", filters: TASK_FILTERS, fixed: {} },
  "/waiting": {
    title: "page.waiting",
    filters: OPEN_TASK_FILTERS,
    fixed: { state: ["pending", "delivering"], sort: "due" },
  },
};

/**
 * @param from path and query
 * @param now what relative times are counted from, epoch ms
 * @returns null where it is no list of tasks
 */
export function listOf(from: string, now: number): { title: Key; query: Query } | null {
  const [path = "", text = ""] = from.split(/\?(.*)/s);
  const list = LISTS[path];
  if (!list) return null;
  const asked = askedTasks(new URLSearchParams(text), list.filters);
  return { title: list.title, query: { ...taskFilterOf(asked, now), ...list.fixed } };
}
