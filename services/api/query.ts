/** Query strings are text. */

/** A query string's values are text; these parameters are numbers, where they look like one. */
export function withNumbers(query: Record<string, unknown>, ...names: string[]): Record<string, unknown> {
  const typed = { ...query };
  for (const name of names) if (/^\d+$/.test(String(typed[name]))) typed[name] = Number(typed[name]);
  return typed;
}

/** A numeric id of a path; what is none is an id that nothing has. */
export const numberOf = (text: string | undefined): number =>
  /^\d{1,9}$/.test(text ?? "") ? Number(text) : 0;
