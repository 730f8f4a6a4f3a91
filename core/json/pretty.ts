/**
 * JSON made readable, token by token: every literal, escape and the order of keys stay as they were written. No Node API:
 * the console ships this file.
 */
import { MAX_DEPTH } from "./rules.ts";

/** What one level of nesting is set in by. */
const STEP = "  ";

/**
 * The text with each member and element on a line of its own.
 * @returns the text itself where it is no JSON; also where it is nested more deeply than a payload may be, since foreign
 *   answers made of brackets would grow to gigabytes of blanks
 */
export function formatJson(text: string): string {
  return isJson(text) ? (formatted(text) ?? text) : text;
}

/** `JSON.parse` checks the grammar as the engine does it best; its values are thrown away. */
function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** @returns null for too much nesting */
function formatted(json: string): string | null {
  const lines = ["\n"];
  let out = "";
  let at = 0;
  const newLine = (depth: number): string => {
    lines[depth] ??= `\n${STEP.repeat(depth)}`;
    return lines[depth];
  };
  for (let depth = 0; at < json.length; ) {
    const char = json[at] as string;
    const start = at++;
    if (char === '"') {
      at = endOfString(json, start);
      out += json.slice(start, at);
    } else if (char === "{" || char === "[") {
      const next = skipBlanks(json, at);
      const end = char === "{" ? "}" : "]";
      if (json[next] === end) {
        out += char + end;
        at = next + 1;
      } else if (++depth > MAX_DEPTH) return null;
      else out += char + newLine(depth);
    } else if (char === "}" || char === "]") out += newLine(--depth) + char;
    else if (char === ",") out += char + newLine(depth);
    else if (char === ":") out += ": ";
    else if (!isBlank(char)) {
      at = endOfLiteral(json, at);
      out += json.slice(start, at);
    }
  }
  return out;
}

/** Behind the quote that closes the string; a quote after an odd number of backslashes is part of it. */
function endOfString(json: string, start: number): number {
  for (let quote = json.indexOf('"', start + 1); ; quote = json.indexOf('"', quote + 1)) {
    let backslashes = 0;
    while (json[quote - 1 - backslashes] === "\\") backslashes++;
    if (backslashes % 2 === 0) return quote + 1;
  }
}

function endOfLiteral(json: string, at: number): number {
  let end = at;
  while (end < json.length && !isPunctuation(json[end] as string)) end++;
  return end;
}

function skipBlanks(json: string, at: number): number {
  let next = at;
  while (next < json.length && isBlank(json[next] as string)) next++;
  return next;
}

const isBlank = (char: string): boolean => char === " " || char === "\n" || char === "\r" || char === "\t";
const isPunctuation = (char: string): boolean =>
  char === "," || char === "}" || char === "]" || isBlank(char);
