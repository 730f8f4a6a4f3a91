/** Templates of alarms: `${name}` is replaced, escaped for the content type that the template is written in. */
import { type ParseError, parse, printParseErrorCode } from "jsonc-parser";
import { SaxesParser } from "saxes";

/** What a template may hold. The first eight are kkbida's. */
export const VARIABLES = [
  "taskId",
  "url",
  "createTime",
  "lastModifiedDate",
  "sourceAppName",
  "targetAppName",
  "callCount",
  "limitCallCount",
  "lastError",
  "statusCode",
  "consoleUrl",
  "kind",
  "severity",
  "title",
  "summary",
  "count",
] as const;
export type Variable = (typeof VARIABLES)[number];
export type Values = Record<Variable, string>;

export type Format = "json" | "form" | "xml";

/** @param contentType one that the schema of channels lets through */
export function formatOf(contentType: string): Format {
  if (/json/i.test(contentType)) return "json";
  return /xml/i.test(contentType) ? "xml" : "form";
}

const PLACEHOLDER = /\$\{([^{}]*)\}/g;

/** These are numbers where an alarm has them, so that a template may hold them without quotes. */
const NUMBERS = new Set<string>(["callCount", "limitCallCount", "statusCode", "count"]);

const ESCAPES: Record<Format, (text: string) => string> = {
  json: (text) => JSON.stringify(text).slice(1, -1),
  form: encodeURIComponent,
  // XML 1.0 has no way to write most control characters.
  xml: (text) =>
    text
      // biome-ignore lint/suspicious/noControlCharactersInRegex: those are what is removed
      .replace(/[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]/g, "")
      .replace(/[&<>"']/g, (char) => `&#${char.charCodeAt(0)};`),
};

/** The body that is sent. */
export function fillTemplate(template: string, format: Format, values: Values): string {
  return template.replace(PLACEHOLDER, (whole, name: string) =>
    isVariable(name) ? ESCAPES[format](wellFormed(valueFor(name, values))) : whole,
  );
}

/** What is wrong with a template, in words that say where; null where nothing is. */
export function templateProblem(template: string, format: Format): string | null {
  for (const { 1: name = "", index } of template.matchAll(PLACEHOLDER)) {
    if (isVariable(name)) continue;
    return `has an unknown variable \${${name}} at ${place(template, index)}; known are ${VARIABLES.join(", ")}`;
  }
  const sample = sampleValues();
  const filled = fillTemplate(template, format, sample);
  const fault = format === "json" ? jsonFault(filled) : format === "xml" ? xmlFault(filled) : null;
  if (fault === null) return null;
  const at = place(template, inTemplate(template, format, sample, fault.at));
  return `does not make valid ${format.toUpperCase()} when it is filled: ${fault.what} at ${at}`;
}

/** Values that hold what breaks careless templates. */
const sampleValues = (): Values =>
  Object.fromEntries(VARIABLES.map((name) => [name, NUMBERS.has(name) ? "3" : `a"b'c<d>&e\\f\ng`])) as Values;

const isVariable = (name: string): name is Variable => (VARIABLES as readonly string[]).includes(name);

/** A number that an alarm does not have is 0: an unquoted place must stay valid. */
const valueFor = (name: Variable, values: Values): string => values[name] || (NUMBERS.has(name) ? "0" : "");

/** A lone surrogate has no UTF-8 form. */
const wellFormed = (text: string): string => (text.isWellFormed() ? text : text.toWellFormed());

interface Fault {
  what: string;
  /** Index in the filled text. */
  at: number;
}

function jsonFault(text: string): Fault | null {
  try {
    JSON.parse(text);
    return null;
  } catch (error) {
    // V8 says the place for some mistakes only.
    const errors: ParseError[] = [];
    parse(text, errors, { disallowComments: true, allowTrailingComma: false });
    const first = errors[0];
    if (!first) return { what: (error as Error).message, at: 0 };
    const words = printParseErrorCode(first.error).replace(/(?<=[a-z])(?=[A-Z])/g, " ");
    return { what: words.toLowerCase(), at: first.offset };
  }
}

function xmlFault(text: string): Fault | null {
  const parser = new SaxesParser({ position: true, xmlns: false });
  let fault: Fault | null = null;
  parser.on("error", ({ message }) => {
    fault ??= { what: message.replace(/^[\d:]+ /, ""), at: parser.position };
  });
  parser.write(text).close();
  return fault;
}

/** Where in the template the character at `at` of the filled text comes from. */
function inTemplate(template: string, format: Format, values: Values, at: number): number {
  let shift = 0;
  for (const match of template.matchAll(PLACEHOLDER)) {
    const length = fillTemplate(match[0], format, values).length;
    const begin = match.index + shift;
    if (at < begin) break;
    if (at < begin + length) return match.index;
    shift += length - match[0].length;
  }
  return Math.min(Math.max(at - shift, 0), template.length);
}

function place(text: string, index: number): string {
  const before = text.slice(0, index).split("\n");
  return `line ${before.length}, column ${(before.at(-1)?.length ?? 0) + 1}`;
}
