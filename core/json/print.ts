/**
 * From JavaScript values to JSON text, for callers who have values: RPC and the client package. As `JSON.stringify`, but
 * what that changes in silence is an error here (NaN and Infinity become null, a Map becomes `{}`), and a `bigint`
 * becomes its digits. No Node API: the client package ships this file, for Node 18 and newer.
 */
import { JsonError } from "./error.ts";
import { MAX_DEPTH } from "./rules.ts";
import type { JsonText } from "./text.ts";

/** What JavaScript has and JSON has not; printed by `JSON.stringify`, they would lose what they hold. */
const LOSSY = [Map, Set, WeakMap, WeakSet, Promise, RegExp, ArrayBuffer];
/** Objects that stand for the value in them. */
const BOXES = [String, Number, Boolean, BigInt];

/**
 * @param value plain data. `undefined` members are left out; `toJSON` counts (dates); raw JSON (`JSON.rawJSON`) is kept
 * @throws JsonError naming the member that has no JSON
 */
export function printJson(value: unknown): JsonText {
  return (printed(value, []) ?? "null") as JsonText;
}

/** @param isReady it came from a `toJSON`, which is asked once */
function printed(value: unknown, path: (string | number)[], isReady = false): string | undefined {
  switch (typeof value) {
    case "string":
      return JSON.stringify(value);
    case "boolean":
      return String(value);
    case "bigint":
      return String(value);
    case "number":
      if (Number.isFinite(value)) return Object.is(value, -0) ? "-0" : String(value);
      return refuse(path, `is ${value}, which JSON does not have`);
    case "undefined":
      return undefined;
    case "object":
      return value === null ? "null" : printedObject(value, path, isReady);
    default:
      return refuse(path, `is a ${typeof value}, which JSON does not have`);
  }
}

function printedObject(value: object, path: (string | number)[], isReady: boolean): string | undefined {
  if (path.length >= MAX_DEPTH)
    return refuse(path.slice(0, 3), `is nested deeper than ${MAX_DEPTH} levels, or in itself`);
  if (isRawJson(value)) return value.rawJSON;
  if (LOSSY.some((kind) => value instanceof kind) || ArrayBuffer.isView(value))
    return refuse(path, `is a ${value.constructor.name}, which JSON does not have`);
  if (BOXES.some((kind) => value instanceof kind)) return printed(value.valueOf(), path);
  if (value instanceof Date && Number.isNaN(value.getTime())) return refuse(path, "is an invalid date");
  const { toJSON } = value as { toJSON?: unknown };
  if (typeof toJSON === "function" && !isReady)
    return printed(toJSON.call(value, String(path.at(-1) ?? "")), path, true);
  // Not `map`, which leaves holes out.
  if (Array.isArray(value))
    return `[${Array.from(value, (element, i) => printed(element, [...path, i]) ?? "null").join(",")}]`;
  const members: string[] = [];
  for (const name of Object.keys(value)) {
    if (isReady && name === "toJSON") continue;
    const member = printed((value as Record<string, unknown>)[name], [...path, name]);
    if (member !== undefined) members.push(`${JSON.stringify(name)}:${member}`);
  }
  return `{${members.join(",")}}`;
}

/** `JSON.rawJSON` is as old as Node 21. */
function isRawJson(value: object): value is { rawJSON: string } {
  const { isRawJSON } = JSON as { isRawJSON?: (value: unknown) => boolean };
  return isRawJSON?.(value) ?? false;
}

function refuse(path: (string | number)[], rule: string): never {
  throw new JsonError("value", rule, path.join("."), "", 0);
}
