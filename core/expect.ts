/** Proof of success: what an answer must show for a call to count as delivered. */

import { jsonShortfall } from "./expect-json.ts";
import { membersOf, parsedJson } from "./json/look.ts";
import type { JsonText } from "./json/text.ts";
import type { CallError } from "./outcome.ts";
import { compileRegex } from "./pattern.ts";

/** All that is given must hold. An empty object asks for any 2xx. */
export interface Expectation {
  /** Codes, or the class `"2xx"` (also 3xx, 4xx, 5xx). Default `"2xx"`. */
  status?: number[] | string | undefined;
  /**
   * Codes, or a class, of failed calls that end the task at once: it is `exhausted` with `stopped`. Default `[410]`,
   * which does not hold where `status` names 410; `[]`: none. Not a status that is also in `status`.
   */
  stop?: number[] | string | undefined;
  /**
   * How much of the answer is looked at, in bytes: 65 536 to 16 777 216, default 1 048 576; 1 048 576 at most for `json`, `equals`,
   * `matches` and answers with a content-encoding.
   */
  maxBytes?: number | undefined;
  /** Text the body must contain. */
  contains?: string | undefined;
  /** The whole body, exactly. */
  equals?: string | undefined;
  /** RE2 pattern that must match somewhere in the body. */
  matches?: string | undefined;
  /**
   * JSONPath → the value it must select (at least one of those selected, where there are several). Numbers are compared
   * by their value, to the last digit.
   */
  json?: Record<string, unknown> | undefined;
}

/** An {@link Expectation} as Bida keeps it: the values of `json` as they were written. */
export interface ExpectationSpec extends Omit<Expectation, "json"> {
  json?: Record<string, JsonText> | undefined;
  /**
   * Of Bida's own messages only: members of the answer, an object, and numbers that one of them has where the platform refuses
   * what the message says. They end the task as `stop` does.
   */
  refusals?: { members: string[]; codes: number[] } | undefined;
}

/** @param text of an expectation that was checked */
export function readExpectation(text: JsonText): ExpectationSpec {
  // Few have values to be exact about.
  if (!text.includes('"json":')) return parsedJson(text) as ExpectationSpec;
  const members = membersOf(text);
  const json = members.get("json");
  members.delete("json");
  const spec: ExpectationSpec = {};
  for (const [name, value] of members) Object.assign(spec, { [name]: parsedJson(value) });
  return json === undefined ? spec : { ...spec, json: Object.fromEntries(membersOf(json)) };
}

/** The other way round. */
export function printExpectation({ json, ...spec }: ExpectationSpec): JsonText {
  const rest = JSON.stringify(spec);
  if (json === undefined) return rest as JsonText;
  const values = Object.entries(json).map(([path, value]) => `${JSON.stringify(path)}:${value}`);
  return `${rest.slice(0, -1)}${rest === "{}" ? "" : ","}"json":{${values.join()}}}` as JsonText;
}

/** As callers may write it. */
export const ownExpectation = ({ refusals: _, ...spec }: ExpectationSpec): ExpectationSpec => spec;

export interface Answer {
  statusCode: number;
  /** Decoded text; its beginning where it was longer than was kept. */
  body: string;
  /** There was more than `body`. */
  truncated: boolean;
  /** How much was looked at, in bytes, where that was not all. Default 64 KiB. */
  lookedAt?: number;
  /** Whether a text stands in it, where more was searched than `body`. */
  contains?(text: string): boolean;
}

/** What a JSONPath does for one character, as instructions of a regular expression that do the same: 1 µs. */
const STEPS_PER_PATH = 64;

/**
 * What judging this answer may take at most, in steps of about 17 ns (`docs/performance.md`): each character is looked at by
 * every instruction of a regular expression, and by every path.
 * @throws Error where `matches` cannot be compiled
 */
export function judgingSteps({ body }: Pick<Answer, "body">, expect: ExpectationSpec | null): number {
  if (!expect || (expect.matches === undefined && !expect.json)) return 0;
  const paths = expect.json ? Object.keys(expect.json).length : 0;
  const instructions = expect.matches === undefined ? 0 : compileRegex(expect.matches).size;
  return body.length * (instructions + STEPS_PER_PATH * paths);
}

/** How much of a wrong answer an error message quotes. */
const QUOTE = 120;

/**
 * @param expectResult kkbida's field: text the body must contain, beside what `expect` says
 * @returns null where the answer proves success, otherwise what is missing
 */
export function judge(
  answer: Answer,
  expect: ExpectationSpec | null,
  expectResult: string | null,
): CallError | null {
  const status = expect?.status ?? "2xx";
  if (!statusMatches(answer.statusCode, status)) {
    const wanted = typeof status === "string" ? status : status.join(", ");
    return { code: "bad_status", message: `status ${answer.statusCode}, expected ${wanted}` };
  }
  const missing = bodyShortfall(answer, expect, expectResult);
  if (missing === null) return null;
  const cut = answer.truncated ? ` (only its first ${sizeOf(answer.lookedAt ?? 65_536)} were read)` : "";
  return { code: "unexpected_result", message: `the body ${missing}${cut}` };
}

export function statusMatches(code: number, wanted: number[] | string): boolean {
  return typeof wanted === "string" ? Math.floor(code / 100) === Number(wanted[0]) : wanted.includes(code);
}

const sizeOf = (bytes: number): string =>
  bytes >= 1_048_576 ? `${Math.round(bytes / 104_857.6) / 10} MiB` : `${Math.round(bytes / 1_024)} KiB`;

function bodyShortfall(
  { body, truncated, contains = (text) => body.includes(text) }: Answer,
  expect: ExpectationSpec | null,
  expectResult: string | null,
): string | null {
  for (const text of [expectResult, expect?.contains]) {
    if (text && !contains(text)) return `does not contain ${quote(text)}`;
  }
  if (expect?.equals !== undefined && (truncated || body !== expect.equals)) {
    return `does not equal ${quote(expect.equals)}`;
  }
  if (expect?.matches !== undefined && !compileRegex(expect.matches).test(body)) {
    return `does not match ${quote(expect.matches)}`;
  }
  if (!expect?.json) return null;
  const path = jsonShortfall(body, expect.json);
  if (path === null) return null;
  return path === "" ? "is not JSON" : `has no ${quote(path)} equal to ${quote(expect.json[path] as string)}`;
}

function quote(text: string): string {
  return text.length > QUOTE ? `"${text.slice(0, QUOTE)}…"` : `"${text}"`;
}
