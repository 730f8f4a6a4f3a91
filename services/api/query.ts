/** Query strings are text. */
import { withLists } from "../../core/schema/tasks.ts";

/** A query string's values are text; these parameters are numbers, where they look like one. */
export function withNumbers(query: Record<string, unknown>, ...names: string[]): Record<string, unknown> {
  const typed = { ...query };
  for (const name of names) if (/^\d+$/.test(String(typed[name]))) typed[name] = Number(typed[name]);
  return typed;
}

/** Lists repeat their name; one that is named once is a list as well. */
export function withList(query: Record<string, unknown>, name: string): Record<string, unknown> {
  const value = query[name];
  return value === undefined || Array.isArray(value) ? query : { ...query, [name]: [value] };
}

/** The query of a list of tasks, as its action takes it; the action checks the values. */
export function taskQueryOf(query: Record<string, unknown>): Record<string, unknown> {
  const listed = withLists(withNumbers(query, "limit", "incident"));
  if (!Array.isArray(listed.status)) return listed;
  const status = listed.status.map((one) => (/^\d+$/.test(String(one)) ? Number(one) : one));
  return { ...listed, status };
}

/** A numeric id of a path; what is none is an id that nothing has. */
export const numberOf = (text: string | undefined): number =>
  /^\d{1,9}$/.test(text ?? "") ? Number(text) : 0;
