/** `expect.json`: whether the values that JSONPaths select in an answer are those that are wanted, to the last digit. */
import { isDeepStrictEqual } from "node:util";
import type { JSONValue } from "json-p3";
import { decimal } from "./json/decimal.ts";
import type { JsonText } from "./json/text.ts";
import { compileJsonPath, OverBudget, StepBudget } from "./pattern.ts";

/**
 * @param body the answer's text
 * @param wanted JSONPath → value
 * @returns the first path that selects no such value, "" where the body is not JSON, null where all hold
 * @throws OverBudget where the paths look at too much of it
 */
export function jsonShortfall(body: string, wanted: Record<string, JsonText>): string | null {
  if (body.length > USUAL && separatorsIn(body) > MAX_VALUES)
    throw new OverBudget("too many values to look at");
  const texts = Object.values(wanted);
  const read = [body, ...texts].some(hasOddNumber)
    ? withExactNumbers
    : (JSON.parse as (text: string) => unknown);
  let document: JSONValue;
  let exact: unknown;
  try {
    document = withBigints(body);
    exact = read(body);
  } catch {
    return "";
  }
  const budget = new StepBudget();
  for (const [path, text] of Object.entries(wanted)) {
    const value = read(text);
    const found = compileJsonPath(path).select(document, budget);
    budget.take(found.length);
    if (!found.some(({ location }) => isDeepStrictEqual(valueAt(exact, location), value))) return path;
  }
  return null;
}

/** In characters: below it there are never too many values. */
const USUAL = 128 * 1024;
/** Building so many values takes a tenth of a second, in which the thread does nothing else. */
const MAX_VALUES = 100_000;

/** About how many values a JSON text has. */
function separatorsIn(text: string): number {
  let count = 0;
  for (let at = text.indexOf(","); at !== -1; at = text.indexOf(",", at + 1)) count++;
  return count;
}

/**
 * Whether a number in the text may be another one as a double. Up to 15 significant digits, and exponents below a hundred,
 * every number has a double of its own (IEEE 754, section 5.12.2); but -0 would not be equal to 0.
 */
const hasOddNumber = (text: string): boolean => /[\d.]{16}|\de[+-]?\d{3}|(?:^|[:[,\s])-0/i.test(text);

/** Equal to those of the same value, however they are written. */
class ExactNumber {
  readonly value: string;

  constructor(source: string) {
    this.value = decimal(source);
  }
}

const withExactNumbers = (text: string): unknown =>
  parseWithSource(text, (value, source) => (typeof value === "number" ? new ExactNumber(source) : value));

/** What JSONPath's filters compare: whole numbers that a double would change are bigints. */
export const withBigints = (text: string): JSONValue =>
  (/\d{16}/.test(text)
    ? parseWithSource(text, (value, source) =>
        typeof value === "number" && /^-?\d{16,}$/.test(source) ? BigInt(source) : value,
      )
    : JSON.parse(text)) as JSONValue;

/** TypeScript's types do not know the reviver's third parameter yet. */
const parseWithSource = (text: string, revive: (value: unknown, source: string) => unknown): unknown =>
  JSON.parse(text, ((_key: string, value: unknown, context: { source?: string }) =>
    revive(value, context.source ?? "")) as Parameters<typeof JSON.parse>[1]);

const valueAt = (value: unknown, location: (string | number)[]): unknown =>
  location.reduce<unknown>((part, step) => (part as Record<string | number, unknown>)[step], value);
