/**
 * How long the JSON of each field of a task may be. Checked before its values are made and its schema looks at them: a schema
 * names every mistake it finds, and half a million of them take seconds. Generous: what a schema takes always fits.
 */
import { BidaError, type FieldError } from "./errors.ts";
import type { JsonText } from "./json/text.ts";
import { MAX_BODY_BYTES } from "./payload.ts";
import { MAX_URL } from "./target-url.ts";

/** Of a text with so many characters: each may be escaped (`\u0001`). */
const textOf = (characters: number): number => 6 * characters + 2;
/** A number, a word, a moment. */
const WORD = 256;

/** Of a task, in characters. */
const TASK: Record<string, number> = {
  url: textOf(MAX_URL),
  requestMethod: WORD,
  // In a form it may take less than as JSON.
  requestParam: 3 * MAX_BODY_BYTES,
  body: textOf(MAX_BODY_BYTES),
  bodyBase64: textOf(MAX_BODY_BYTES),
  contentType: textOf(200),
  headers: 48 * 1024,
  expectResult: textOf(512),
  expect: 768 * 1024,
  limitCallCount: WORD,
  retry: 8 * 1024,
  timeoutMs: WORD,
  delayMs: WORD,
  callAt: WORD,
  expiresAt: WORD,
  sourceAppName: textOf(64),
  targetAppName: textOf(64),
  orderKey: textOf(128),
  idempotencyKey: textOf(255),
};

/** Of its `expect`. An answer has at most 64 KiB, so no value that it may hold is longer. */
const EXPECT: Record<string, number> = {
  status: 1024,
  stop: 1024,
  maxBytes: WORD,
  contains: textOf(65_535),
  equals: textOf(65_535),
  matches: textOf(512),
  json: 256 * 1024,
};

/** The payload, of which another refusal tells. */
const PAYLOADS = new Set(["requestParam", "body", "bodyBase64"]);

/**
 * The fields whose values may be made; those that are not known are left out, with the errors that say so.
 * @throws BidaError body_too_large, invalid_task: a field is too long
 */
export const sizedTask = (form: ReadonlyMap<string, JsonText>): ReadonlyMap<string, JsonText> =>
  sized(form, TASK, "");

/** {@link sizedTask} of the members of `expect`. */
export const sizedExpect = (form: ReadonlyMap<string, JsonText>): ReadonlyMap<string, JsonText> =>
  sized(form, EXPECT, "expect.");

function sized(
  form: ReadonlyMap<string, JsonText>,
  sizes: Record<string, number>,
  prefix: string,
): ReadonlyMap<string, JsonText> {
  const errors: FieldError[] = [];
  const known = new Map<string, JsonText>();
  for (const [name, json] of form) {
    const max = Object.hasOwn(sizes, name) ? (sizes[name] as number) : 0;
    if (max === 0) known.set(name, "null" as JsonText);
    else if (json.length <= max) known.set(name, json);
    else if (PAYLOADS.has(name)) throw payloadTooLarge(name);
    else errors.push({ field: prefix + name, message: `must take at most ${max} characters as JSON` });
  }
  if (errors.length > 0) throw new BidaError("invalid_task", undefined, { errors });
  return known;
}

export const payloadTooLarge = (field: string): BidaError =>
  new BidaError("body_too_large", undefined, { errors: [{ field, message: "must have at most 1 MiB" }] });
