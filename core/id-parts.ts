/** What somebody types or copies of a task's id: all of it, its beginning, its end, or both with a sign between, as lists show it. */

export interface IdParts {
  /** Hexadecimal digits, in lower case, without hyphens. */
  begins: string;
  ends: string;
}

/** Fewer digits than this are a number of something else. */
const LEAST = 6;

/** What `text` can mean as a part of an id; empty where it cannot be one. `0199aeb6…1d37ab` is how lists show one. */
export function idPartsOf(text: string): IdParts[] {
  const [, begin = "", sign, end = ""] =
    /^([0-9a-f-]*)(?:(…|\.{2,3}|\*)([0-9a-f-]*))?$/.exec(text.trim().toLowerCase()) ?? [];
  const [begins, ends] = [begin, end].map((part) => part.replaceAll("-", "")) as [string, string];
  if (begins.length + ends.length < LEAST || begins.length > 32 || ends.length > 32) return [];
  if (sign !== undefined) return [{ begins, ends }];
  return begins.length === 32
    ? [{ begins, ends: "" }]
    : [
        { begins, ends: "" },
        { begins: "", ends: begins },
      ];
}
