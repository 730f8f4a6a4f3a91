/**
 * From a caller's text to a task: the text is read once, each field is checked by its schema, then the rules between
 * fields. `requestParam` and the values of `expect.json` stay the text that they are.
 */
import type { z } from "zod";
import { type EpochMs, epochMs, millis } from "./clock.ts";
import { BidaError, type FieldError } from "./errors.ts";
import { readExpectation } from "./expect.ts";
import { payloadTooLarge, sizedExpect, sizedTask } from "./field-sizes.ts";
import { headerProblem } from "./headers.ts";
import { elementsOf, kindOf, membersOf, parsedJson, plainText } from "./json/look.ts";
import { readingJson } from "./json/refusal.ts";
import { type JsonText, readObject } from "./json/text.ts";
import { bodyBytes, isForm, MAX_BODY_BYTES, type PayloadFields, payloadErrors } from "./payload.ts";
import { appendsQuery, type Profile } from "./profile.ts";
import { DEFAULT_RETRY } from "./retry.ts";
import { checkUrl, MAX_FILLED } from "./target-url.ts";
import type { TaskSpec } from "./task.ts";
import { fieldErrors, MAX_DELAY, taskSchema } from "./task-schema.ts";
import { placeholdersOf } from "./url-template.ts";

/** A request has about twenty; what has more is not looked at one by one. */
const MAX_FIELDS = 100;

/** The fields of a request, as they were written. */
export type TaskForm = ReadonlyMap<string, JsonText>;

export interface CheckedTask {
  spec: TaskSpec;
  /** Of its URL with the placeholders filled. */
  origin: string;
}

/**
 * Reads a request.
 * @throws BidaError invalid_json; invalid_task for what is no object, for a key that stands twice, for too much nesting
 */
export function readTask(text: string): TaskForm {
  const form = readingJson("invalid_task", () => readObject(text));
  if (form !== null && form.size <= MAX_FIELDS) return form;
  if (form !== null)
    throw new BidaError("invalid_task", undefined, {
      errors: [{ field: "body", message: `must have at most ${MAX_FIELDS} fields` }],
    });
  throw new BidaError("invalid_task", undefined, {
    errors: [{ field: "body", message: "must be a JSON object" }],
  });
}

/**
 * Checks a request and fills in the defaults.
 * @param profile of the task that this one is a copy of
 * @throws BidaError invalid_task with every wrong field; body_too_large
 */
export function checkTask(form: TaskForm, now: EpochMs, profile: Profile | null = null): CheckedTask {
  const input = valuesOf(form);
  const result = taskSchema.safeParse(input);
  const errors = result.success ? [] : fieldErrors(result.error, input);
  const sound = soundPart(input, errors);
  const param = sound.requestParam == null ? null : (form.get("requestParam") as JsonText);
  const payload = payloadOf(sound, param);
  // Before anything looks through it. What a form takes is known only once it is one.
  if (!isForm(payload)) checkSize(payload);
  const url = sound.url === undefined ? null : checkUrl(sound.url, param, profile);
  if (typeof url === "string") errors.push({ field: "url", message: url });
  errors.push(...hiddenErrors(input), ...timeErrors(sound, now), ...typeErrors(sound));
  errors.push(...payloadErrors(payload), ...queryErrors(sound, param, profile));
  if (!result.success || errors.length > 0 || url === null || typeof url === "string")
    throw new BidaError("invalid_task", undefined, { errors });
  const spec = { ...specOf(result.data, form, param), profile };
  checkSize(spec);
  return { spec, origin: url.origin };
}

/** {@link readTask} and {@link checkTask} in one. */
export const parseTask = (text: string, now: EpochMs): CheckedTask => checkTask(readTask(text), now);

/** What the schema checks. It needs to know of payloads only what kind of thing they are. */
function valuesOf(form: TaskForm): Record<string, unknown> {
  const values = Array.from(sizedTask(form), ([name, json]): [string, unknown] => {
    if (kindOf(json) !== "object") return [name, parsedJson(json)];
    if (name === "requestParam") return [name, {}];
    return [name, name === "expect" ? expectValue(json) : parsedJson(json)];
  });
  return Object.fromEntries(values);
}

function expectValue(json: JsonText): unknown {
  const members = sizedExpect(membersOf(json));
  const paths = members.get("json");
  const rest = Array.from(members, ([name, value]) => [name, name === "json" ? null : parsedJson(value)]);
  const value = Object.fromEntries(rest);
  if (paths === undefined || kindOf(paths) !== "object")
    return { ...value, ...(paths && { json: parsedJson(paths) }) };
  return { ...value, json: Object.fromEntries(Array.from(membersOf(paths).keys(), (path) => [path, null])) };
}

type Sound = Partial<z.output<typeof taskSchema>>;

/** The fields that broke no rule of their own: the rules between fields can still be checked for them. */
function soundPart(input: Record<string, unknown>, errors: FieldError[]): Sound {
  if (errors.length === 0) return input;
  const wrong = new Set(errors.map(({ field }) => field.split(".")[0]));
  return Object.fromEntries(Object.entries(input).filter(([name]) => !wrong.has(name)));
}

function timeErrors(sound: Sound, now: EpochMs): FieldError[] {
  const errors: FieldError[] = [];
  const refuse = (field: string, message: string) => errors.push({ field, message });
  if (sound.delayMs != null && sound.callAt != null)
    refuse("callAt", "cannot be given together with delayMs");
  const start = sound.callAt ? instant(sound.callAt) : epochMs(now + (sound.delayMs ?? 0));
  if (start > now + MAX_DELAY) refuse("callAt", "must lie within a year");
  if (sound.expiresAt != null && instant(sound.expiresAt) <= Math.max(start, now))
    refuse("expiresAt", "must lie in the future, and after the first call");
  return errors;
}

/** Zod leaves a member of this name out of a record without a word. */
function hiddenErrors({ headers, expect }: Record<string, unknown>): FieldError[] {
  const records = { headers, "expect.json": (expect as { json?: unknown } | null | undefined)?.json };
  return Object.entries(records).flatMap(([field, record]) => {
    const isHidden = typeof record === "object" && record !== null && Object.hasOwn(record, "__proto__");
    return isHidden ? [{ field: `${field}.__proto__`, message: "is a name that cannot be used here" }] : [];
  });
}

const typeErrors = ({ contentType }: Sound): FieldError[] =>
  contentType != null && headerProblem("content-type", contentType)
    ? [{ field: "contentType", message: "must be a valid header value" }]
    : [];

/** A query string must fit into a request line, and have a UTF-8 form. */
function queryErrors(
  { url = "", requestMethod }: Sound,
  param: JsonText | null,
  profile: Profile | null,
): FieldError[] {
  if (param === null || (requestMethod !== "GET" && requestMethod !== "DELETE")) return [];
  const message = `must have at most ${MAX_FILLED} characters where it becomes the query`;
  const isBounded = appendsQuery(profile);
  // Its text is at most six times as long (`\u0041`), and twice with quotes and commas: nothing needs to be looked at.
  if (isBounded && param.length > 12 * MAX_FILLED) return [{ field: "requestParam", message }];
  const used = new Set(placeholdersOf(url));
  const errors: FieldError[] = [];
  let length = 0;
  for (const [name, value] of membersOf(param)) {
    if (used.has(name)) continue;
    const texts = kindOf(value) === "list" ? elementsOf(value) : [value];
    length += texts.reduce((sum, text) => sum + name.length + text.length + 2, 0);
    if (isBounded && length > MAX_FILLED) return [{ field: "requestParam", message }];
    if (name.isWellFormed() && texts.every((text) => plainText(text).isWellFormed())) continue;
    errors.push({
      field: `requestParam.${name.slice(0, 64).toWellFormed()}`,
      message: "must be well-formed Unicode (it holds a lone surrogate)",
    });
  }
  return errors;
}

const payloadOf = (sound: Sound, requestParam: JsonText | null): PayloadFields => ({
  requestMethod: sound.requestMethod ?? "POST",
  requestParam,
  body: sound.body ?? null,
  bodyBase64: sound.bodyBase64 ?? null,
  contentType: sound.contentType ?? null,
  headers: sound.headers ?? null,
});

function specOf(
  request: z.output<typeof taskSchema>,
  form: TaskForm,
  requestParam: JsonText | null,
): Omit<TaskSpec, "profile"> {
  return {
    url: request.url,
    requestMethod: request.requestMethod,
    requestParam,
    body: request.body ?? null,
    bodyBase64: request.bodyBase64 ?? null,
    contentType: request.contentType ?? null,
    headers: request.headers ?? null,
    expectResult: request.expectResult || null,
    expect: request.expect == null ? null : readExpectation(form.get("expect") as JsonText),
    limitCallCount: request.limitCallCount,
    retry: request.retry ?? DEFAULT_RETRY,
    timeoutMs: millis(request.timeoutMs ?? 10_000),
    start: request.callAt ? { callAt: instant(request.callAt) } : { delayMs: millis(request.delayMs ?? 0) },
    expiresAt: request.expiresAt ? instant(request.expiresAt) : null,
    sourceAppName: request.sourceAppName ?? null,
    targetAppName: request.targetAppName ?? null,
    orderKey: request.orderKey ?? null,
  };
}

/** @throws BidaError body_too_large */
function checkSize(spec: PayloadFields): void {
  if (bodyBytes(spec) <= MAX_BODY_BYTES) return;
  const field = spec.body !== null ? "body" : spec.bodyBase64 !== null ? "bodyBase64" : "requestParam";
  throw payloadTooLarge(field);
}

const instant = (iso: string): EpochMs => epochMs(Date.parse(iso));
