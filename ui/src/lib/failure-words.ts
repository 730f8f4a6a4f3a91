/** Lists of statuses and codes as one field of a form holds them. Empty: not given; `none`: an empty list. */
import { elementsOf, kindOf, plainText } from "../../../core/json/look.ts";
import type { JsonText } from "../../../core/json/text.ts";
import type { Retry } from "../api/types.ts";

const NONE = "none";

const wordsOf = (text: string): string[] => text.split(/[\s,，、]+/).filter(Boolean);
const isEmptyList = (words: string[]): boolean => words.length === 1 && words[0] === NONE;

/** A number where it is one. Words that the server does not know are its to refuse. */
const entryOf = (word: string): number | string => (/^\d{1,15}$/.test(word) ? Number(word) : word);

export function retryOnOf(text: string): Retry["on"] {
  const words = wordsOf(text);
  if (words.length === 0) return undefined;
  return (isEmptyList(words) ? [] : words.map(entryOf)) as Retry["on"];
}

export const retryOnText = (on: Retry["on"]): string => (on === undefined ? "" : on.join(", ") || NONE);

/** `expect.stop`: statuses, or one class. */
export function stopOf(text: string): JsonText | undefined {
  const words = wordsOf(text);
  if (words.length === 0) return undefined;
  const isClass = words.length === 1 && /^\dxx$/.test(words[0] as string);
  return JSON.stringify(isEmptyList(words) ? [] : isClass ? words[0] : words.map(entryOf)) as JsonText;
}

export function stopText(stop: JsonText | undefined): string {
  if (stop === undefined) return "";
  return kindOf(stop) === "list" ? elementsOf(stop).map(plainText).join(", ") || NONE : plainText(stop);
}
