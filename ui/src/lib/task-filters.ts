/** The filters of lists of tasks, everywhere the same: in the address, in lists, in exports and in work on many tasks. */
import type { TaskFilter } from "../api/types.ts";
import { ERROR_CODES } from "./error-codes.ts";
import { type FilterDef, moment } from "./filters.ts";
import { t } from "./i18n.svelte.ts";
import { STATES } from "./tasks.ts";

const STATE: FilterDef = {
  key: "state",
  label: "field.state",
  kind: "pick",
  many: true,
  options: () => STATES.map((value) => ({ value, text: t(`state.${value}`) })),
};

/** Of tasks that have not ended: what ended tasks have is left out. */
export const OPEN_TASK_FILTERS: FilterDef[] = [
  { key: "url", label: "filter.url", kind: "text" },
  { key: "q", label: "filter.q", kind: "text" },
  { key: "businessKey", label: "field.businessKey", kind: "text", suggest: "businessKey" },
  { key: "orderKey", label: "field.orderKey", kind: "text", suggest: "orderKey" },
  {
    key: "errorCode",
    label: "field.errorCode",
    kind: "pick",
    many: true,
    options: () => ERROR_CODES.map((value) => ({ value, text: value })),
  },
  { key: "status", label: "filter.status", kind: "text", hint: "filter.status.hint", many: true },
  { key: "destination", label: "field.destination", kind: "text", suggest: "destination" },
  { key: "app", label: "field.app", kind: "text", suggest: "app" },
  { key: "sourceAppName", label: "field.sourceAppName", kind: "text", suggest: "sourceAppName" },
  { key: "targetAppName", label: "field.targetAppName", kind: "text", suggest: "targetAppName" },
];

export const TASK_FILTERS: FilterDef[] = [
  STATE,
  ...OPEN_TASK_FILTERS,
  { key: "incident", label: "page.incident", kind: "text" },
  { key: "created", label: "field.createdAt", kind: "time", ends: ["createdFrom", "createdTo"] },
  { key: "finished", label: "field.finishedAt", kind: "time", ends: ["finishedFrom", "finishedTo"] },
];

const LISTS = ["state", "errorCode", "status"];
const MOMENTS = TASK_FILTERS.flatMap(({ ends }) => ends ?? []);

/** What an address asks for, by name. It is the same as long as the address is; relative times are still relative. */
export type Asked = Record<string, string[]>;

export const askedTasks = (query: URLSearchParams, filters: FilterDef[] = TASK_FILTERS): Asked =>
  Object.fromEntries(
    filters
      .flatMap(({ key, ends }) => ends ?? [key])
      .map((name): [string, string[]] => [name, query.getAll(name).filter((one) => one !== "")])
      .filter(([, values]) => values.length > 0),
  );

/** {@link askedTasks} as a request has it: relative times are moments now. @param now epoch ms */
export function taskFilterOf(asked: Asked, now: number): TaskFilter {
  const filter = Object.entries(asked).map(([name, values]): [string, unknown] => {
    if (name === "status") return [name, values.map((one) => (/^\d+$/.test(one) ? Number(one) : one))];
    if (LISTS.includes(name)) return [name, values];
    const value = values.at(-1) as string;
    // What is no number finds nothing.
    if (name === "incident") return [name, Number(value) || 0];
    return [name, MOMENTS.includes(name) ? moment(value, now) : value];
  });
  return Object.fromEntries(filter) as TaskFilter;
}
