/** What is wrong with a template of alarms, and where. */
import { SaxesParser } from "saxes";
import { JsonError } from "../json/error.ts";
import { readJson } from "../json/text.ts";
import {
  type Format,
  fillTemplate,
  isVariable,
  NUMBERS,
  PLACEHOLDER,
  VARIABLES,
  type Values,
} from "./template.ts";

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

interface Fault {
  what: string;
  /** Index in the filled text. */
  at: number;
}

function jsonFault(text: string): Fault | null {
  try {
    // As the console reads it: a name that stands twice is no mistake here.
    readJson(text, { duplicates: "last" });
    return null;
  } catch (error) {
    if (!(error instanceof JsonError)) throw error;
    return { what: `it ${error.message}`, at: error.offset };
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
