/**
 * Patterns that callers send us. A caller must not be able to stop a thread with one, so both languages are
 * cut down to what runs in linear time: regular expressions over the first 64 KiB of an answer, JSONPaths over 1 MiB at most.
 */
import { JSONPathEnvironment, type JSONPathNode, type JSONValue } from "json-p3";
import { RE2JS } from "re2js";
import { programBound } from "./pattern-size.ts";

/**
 * Instructions that a regular expression may compile to. Matching looks at no more than so many for each character: 64 KiB
 * take up to 2 s then.
 */
export const MAX_PROGRAM = 2_000;
/** Beyond this the source is not compiled at all: {@link programBound} is not exact. */
const MAX_BOUND = 3 * MAX_PROGRAM;
/** What compiled patterns of one language may take together, in bytes, in each thread. */
const CACHE_BYTES = 16 * 1024 * 1024;

/** A compiled regular expression in RE2's syntax (no back-references, no look-around): linear time, always. */
export interface Regex {
  /** Instructions of its program. */
  readonly size: number;
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

/** The part of the library's own objects that tells what they take. */
interface Program {
  prog: { numInst(): number };
  /** States that matching has made so far: up to 8 MiB. */
  lazyDFA: { maxMem: number; memBudget: number } | null;
}

class CompiledRegex implements Regex {
  readonly size: number;
  readonly #compiled: RE2JS;

  /** @throws Error for what is not RE2 syntax */
  constructor(source: string) {
    this.#compiled = RE2JS.compile(source);
    this.size = this.#program.prog.numInst();
  }

  /** In memory, about. */
  get bytes(): number {
    const { lazyDFA } = this.#program;
    return 1_000 + 200 * this.size + (lazyDFA === null ? 0 : lazyDFA.maxMem - lazyDFA.memBudget);
  }

  get #program(): Program {
    return this.#compiled.re2() as unknown as Program;
  }

  test(text: string): boolean {
    return this.#compiled.test(text);
  }
}

/** @throws Error with a readable message where `source` is not RE2 syntax, or is larger than {@link MAX_PROGRAM}. */
export const compileRegex: (source: string) => Regex = cached((source) => {
  const tooLarge = () =>
    new Error(`takes more than ${MAX_PROGRAM} instructions; repeat less (\`{n}\` counts n times)`);
  if (programBound(source) > MAX_BOUND) throw tooLarge();
  const compiled = new CompiledRegex(source);
  if (compiled.size > MAX_PROGRAM) throw tooLarge();
  return compiled;
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
export const compileJsonPath: (source: string) => JsonPath = cached((source) => {
  refuseNestedSearch(source);
  const query = parsedPath(source);
  for (const segment of query.segments) {
    const [first] = segment.selectors;
    // A selector that selects nothing, and sees each value that the segment comes by.
    if (first) segment.selectors.unshift(Object.assign(Object.create(first), { resolve: counted }));
  }
  return {
    bytes: 2_000 + 100 * source.length,
    select(document: JSONValue, budget = new StepBudget()) {
      environment.budget = budget;
      return query.query(document).nodes;
    },
  };
});

/** @throws Error that says what the library says, as a rule of the field */
function parsedPath(source: string): ReturnType<typeof environment.compile> {
  try {
    return environment.compile(source);
  } catch (error) {
    throw new Error(`is no JSONPath: ${(error as Error).message}`, { cause: error });
  }
}

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

/**
 * Remembers what was compiled last: tasks of one caller repeat their patterns. What was not used for longest is forgotten
 * when all together take more than {@link CACHE_BYTES}; the one in use stays.
 */
function cached<T extends { readonly bytes: number }>(compile: (source: string) => T): (source: string) => T {
  /** The one that was used last stands last. */
  const known = new Map<string, T>();
  /** What each was counted with when it was used last: it grows by being used. */
  const counted = new Map<string, number>();
  let total = 0;
  const count = (source: string, bytes: number) => {
    total += bytes - (counted.get(source) ?? 0);
    counted.set(source, bytes);
  };
  const forget = (source: string) => {
    total -= counted.get(source) ?? 0;
    known.delete(source);
    counted.delete(source);
  };
  return (source) => {
    const value = known.get(source) ?? compile(source);
    known.delete(source);
    known.set(source, value);
    count(source, value.bytes);
    for (const [oldest] of known) {
      if (total <= CACHE_BYTES || oldest === source) break;
      forget(oldest);
    }
    return value;
  };
}
