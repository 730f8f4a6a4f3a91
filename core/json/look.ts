/** Looking into a {@link JsonText} without building values of it. */
import { ACCEPTED_DEPTH } from "./rules.ts";
import { type JsonText, readList, readObject } from "./text.ts";

const ACCEPTED = { depth: ACCEPTED_DEPTH };

export type JsonKind = "object" | "list" | "string" | "number" | "boolean" | "null";

export function kindOf(json: JsonText): JsonKind {
  switch (json[0]) {
    case "{":
      return "object";
    case "[":
      return "list";
    case '"':
      return "string";
    case "t":
    case "f":
      return "boolean";
    case "n":
      return "null";
    default:
      return "number";
  }
}

/** Of an object, in order; of anything else none. */
export const membersOf = (json: JsonText): Map<string, JsonText> => readObject(json, ACCEPTED) ?? new Map();

/** Of a list; of anything else none. */
export const elementsOf = (json: JsonText): JsonText[] => readList(json, ACCEPTED) ?? [];

/**
 * The value as text for a URL or a form: strings without their quotes, numbers digit by digit as they were written, null
 * as nothing, objects and lists as JSON.
 */
export function plainText(json: JsonText): string {
  const kind = kindOf(json);
  if (kind === "string") return JSON.parse(json) as string;
  return kind === "null" ? "" : json;
}

/** A JavaScript value of it: for what is known to hold nothing that such a value would change. */
export const parsedJson = (json: JsonText): unknown => JSON.parse(json);
