/**
 * JSON as text that was checked. A payload is never rebuilt from JavaScript values: those have 53 bits for a number, put
 * keys that look like whole numbers first, and forget how `1.50` was written. What is kept, compared, searched and sent
 * is a {@link JsonText}.
 *
 * {@link readJson} is one pass over the text: the grammar of RFC 8259, depth, keys that stand twice; and it leaves the
 * normal form behind. `JSON.parse` with a reviver that keeps sources, and libraries that keep numbers, build objects all the
 * same, which lose the order of keys; they cost one and a half to three times as much (docs/performance.md).
 */

import { Reader } from "./reader.ts";
import type { JsonRules } from "./rules.ts";

/**
 * One JSON value in its normal form: no white space between tokens; numbers, literals and the order of keys as they were
 * written; strings with the shortest escapes (what `JSON.stringify` gives), lone surrogates as `\udxxx`.
 */
export type JsonText = string & { readonly JsonText: unique symbol };

/**
 * The normal form of a text.
 * @throws JsonError
 */
export function readJson(text: string, rules: JsonRules = {}): JsonText {
  return new Reader(text, rules).whole() as JsonText;
}

/**
 * The members of a text that is one object, in order, each in its normal form. One key stands once: where `rules` let the
 * last one count, it takes the place of the first, as in Java's `LinkedHashMap`.
 * @returns null where the text is JSON, but no object
 * @throws JsonError
 */
export function readObject(text: string, rules: JsonRules = {}): Map<string, JsonText> | null {
  return new Reader(text, rules).object() as Map<string, JsonText> | null;
}

/** The elements of a text that is one list; null where it is JSON, but none. @throws JsonError */
export function readList(text: string, rules: JsonRules = {}): JsonText[] | null {
  return new Reader(text, rules).list() as JsonText[] | null;
}
