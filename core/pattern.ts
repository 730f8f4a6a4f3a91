/**
 * Patterns that callers send us. A caller must not be able to stop a thread with one, so both languages are
 * cut down to what runs in linear time: regular expressions over the first 64 KiB of an answer, JSONPaths over 1 MiB at most.
 */
import { JSONPathEnvironment, type JSONPathNode, type JSONValue } from "json-p3";
import { RE2JS } from "re2js";

const CACHE_SIZE = 500;

/** A compiled regular expression in RE2's syntax (no back-references, no look-around): linear time, always. */
export interface Regex {
  /** Whether it matches anywhere in `text`. */
  test(text: string): boolean;
}

/** A compiled JSONPath (RFC 9535). */
export interface JsonPath {
  /**
   * All values the path selects, and where they stand: names and indexes from the top.
   * @throws OverBudget where that takes more steps than are left
   */
  select(document: JSONValue, budget?: StepBudget): { value: JSONValue; location: (string | number)[] }[];
}

/**
 * Steps that all paths of one answer may take together: values that they look at. Linear time is not short: twenty paths
 * over 64 KiB of nested lists take 1.5 s, in which their thread does nothing else. So many take a quarter of that. Counted and
 * not timed, or an answer would be judged another way on a busy machine.
 */
export class StepBudget {
  left: number;

  constructor(steps = 500_000) {
    this.left = steps;
  }

  /** @throws OverBudget */
  take(steps: number): void {
    this.left -= steps;
    if (this.left < 0) throw new OverBudget("too many values to look at");
  }
}

export class OverBudget extends Error {
  override name = "OverBudget";
}

/** @throws Error with a readable message where `source` is not RE2 syntax. */
export const compileRegex = cached((source: string): Regex => {
  const compiled = RE2JS.compile(source);
  return { test: (text) => compiled.test(text) };
});

/** Counts the members of each object that is walked through. */
class CountingEnvironment extends JSONPathEnvironment {
  /** Of the evaluation that runs now. */
  budget = new StepBudget();

  override entries(object: { [key: string]: JSONValue }): [string, JSONValue][] {
    const entries = super.entries(object);
    this.budget.take(entries.length);
    return entries;
  }
}

const environment = new CountingEnvironment();
// Their `match` and `search` use the backtracking engine.
environment.functionRegister.delete("match");
environment.functionRegister.delete("search");

/** @throws Error with a readable message where `source` is not JSONPath, or could take more than linear time. */
export const compileJsonPath = cached((source: string): JsonPath => {
  refuseNestedSearch(source);
  const query = environment.compile(source);
  for (const segment of query.segments) {
    const [first] = segment.selectors;
    // A selector that selects nothing, and sees each value that the segment comes by.
    if (first) segment.selectors.unshift(Object.assign(Object.create(first), { resolve: counted }));
  }
  return {
    select(document, budget = new StepBudget()) {
      environment.budget = budget;
      return query.query(document).nodes;
    },
  };
});

function counted({ value }: JSONPathNode): JSONPathNode[] {
  environment.budget.take(1 + (Array.isArray(value) ? value.length : 0));
  return [];
}

/** Selectors that one bracket may list. */
const MAX_UNION = 10;

/**
 * `$..a[?@..b]` and the like visit the document once for every node of it, or worse; `[*,*][*,*]…` doubles its result
 * with every bracket.
 */
function refuseNestedSearch(source: string): void {
  const bare = source.replace(/'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"/g, "''");
  const count = (part: string) => bare.split(part).length - 1;
  if (count("..") > 1) throw new Error("may hold `..` once only");
  if (count("?") > 1) throw new Error("may hold one filter only");
  if (count("$") > 1) throw new Error("may not refer to `$` inside a filter");
  const unions = bare.split("[").filter((part) => part.includes(","));
  if (unions.length > 1) throw new Error("may list several selectors in one bracket only");
  if (count(",") >= MAX_UNION) throw new Error(`may list at most ${MAX_UNION} selectors`);
  // A filter would compare it with a number that was rounded in the same way.
  if (/\d{16}/.test(bare))
    throw new Error("may not hold a number of more than 15 digits; expect the value itself");
  if (count("?") === 1 && bare.lastIndexOf("..") > bare.indexOf("?")) {
    throw new Error("may not hold `..` inside or after a filter");
  }
}

/** Remembers the last {@link CACHE_SIZE} results: tasks of one caller repeat their patterns. */
function cached<T>(compile: (source: string) => T): (source: string) => T {
  const known = new Map<string, T>();
  return (source) => {
    let value = known.get(source);
    if (value === undefined) {
      value = compile(source);
      if (known.size >= CACHE_SIZE) known.delete(known.keys().next().value as string);
      known.set(source, value);
    }
    return value;
  };
}
