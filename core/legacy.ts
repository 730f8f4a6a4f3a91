/** kkbida's request and its four refusals, turned into what the engine runs on. */
import { millis } from "./clock.ts";
import { BidaError } from "./errors.ts";
import { withoutNulls } from "./json/last-of-each.ts";
import { kindOf, plainText } from "./json/look.ts";
import { readingJson } from "./json/refusal.ts";
import { type JsonText, readObject } from "./json/text.ts";
import type { CheckedTask, TaskForm } from "./parse-task.ts";
import { bodyBytes, MAX_BODY_BYTES } from "./payload.ts";
import { LEGACY_SETTINGS, type LegacySettings, type Profile } from "./profile.ts";
import { LEGACY_RETRY } from "./retry.ts";
import { checkUrl, MAX_URL } from "./target-url.ts";
import type { TaskSpec } from "./task.ts";

/** Every refusal of kkbida begins with it; the reasons follow, joined by `，`. */
export const LEGACY_PREFIX = "任务添加失败";
/** The first four are kkbida's own. */
const REASONS = {
  url: "url为空或url格式不正确",
  limit: "最大重试次数不能为空且不能大于100",
  method: "请求方式不能为空",
  expect: "期待结果不能为空",
  noCount: "最大重试次数必须是整数",
  noText: "期待结果必须是文本",
  otherMethod: "请求方式只能是GET或POST",
  filled: "url填入请求参数后过长",
  param: "请求参数必须是JSON对象",
  placeholder: "url占位符在请求参数中没有可用的值",
} as const;
/** What a field is called in a reason. */
const NAMES = {
  url: "url",
  expectResult: "期待结果",
  sourceAppName: "服务名",
  targetAppName: "服务名",
} as const;

/** Longer ones are kept in `expect.contains`. */
const MAX_EXPECT = 512;
/** kkbida lost tasks with more than 255. */
const MAX_LONG_EXPECT = 65_535;

export interface LegacyTask extends CheckedTask {
  /** The URL had a user name or a password. They were dropped, as kkbida did. */
  credentialsDropped: boolean;
}

/**
 * Reads a body of `POST /api/addTask` as Jackson did: of a key that stands twice the last one counts, texts and numbers
 * are taken for each other. Fields that kkbida does not read (its own record travels along) are ignored.
 * @throws BidaError invalid_json; invalid_task, whose message is kkbida's text; body_too_large
 */
export function parseLegacyTask(
  text: string,
  { timeoutMs, profile }: LegacySettings = LEGACY_SETTINGS,
): LegacyTask {
  const form: TaskForm =
    readingJson("invalid_task", () => readObject(text, { duplicates: "last" })) ?? new Map();
  const reasons: string[] = [];
  const refuse = (reason: string) => void reasons.push(reason);
  const param = given(form, "requestParam");
  const object = param !== null && kindOf(param) === "object" ? param : null;
  const urlText = textIn(form, "url", MAX_URL, REASONS.url, refuse);
  const url = urlText === null ? null : withoutCredentials(urlText);
  const origin = url === null ? null : originOf(url, object, profile, refuse);
  const limitCallCount = limitIn(form, refuse);
  const requestMethod = methodIn(form, refuse);
  const noExpect = given(form, "expectResult") === null ? REASONS.expect : REASONS.noText;
  const expectResult = textIn(form, "expectResult", MAX_LONG_EXPECT, noExpect, refuse);
  if (expectResult !== null && expectResult.trim() === "") refuse(REASONS.expect);
  if (param !== object) refuse(REASONS.param);
  const names = (["sourceAppName", "targetAppName"] as const).map((field) => nameIn(form, field, refuse));
  if (reasons.length > 0)
    throw new BidaError("invalid_task", [LEGACY_PREFIX, ...new Set(reasons)].join("，"));
  const requestParam = legacyParam(requestMethod as LegacyMethod, object);
  const spec: TaskSpec = {
    url: url as string,
    requestMethod: requestMethod as LegacyMethod,
    requestParam,
    // Without parameters RestTemplate sent a request without a body.
    body: requestParam === null && requestMethod === "POST" ? "" : null,
    bodyBase64: null,
    contentType: null,
    headers: null,
    ...legacyExpectation(expectResult),
    limitCallCount: limitCallCount as number,
    retry: LEGACY_RETRY,
    timeoutMs,
    start: { delayMs: millis(0) },
    expiresAt: null,
    sourceAppName: appName(names[0]),
    targetAppName: appName(names[1]),
    orderKey: null,
    profile,
  };
  if (bodyBytes(spec) > MAX_BODY_BYTES)
    throw new BidaError("body_too_large", undefined, {
      errors: [{ field: "requestParam", message: "must have at most 1 MiB" }],
    });
  return { spec, origin: origin as string, credentialsDropped: url !== urlText };
}

/**
 * kkbida's proof of success: status 200 and a body that contains the text. It calls again whatever the status says. A text
 * that is too long for its column is still what the answer must contain.
 */
export function legacyExpectation(text: string | null): Pick<TaskSpec, "expectResult" | "expect"> {
  const expect = { status: [200], stop: [] };
  if (text === null || text.length <= MAX_EXPECT) return { expectResult: text, expect };
  const beginning = text.slice(0, MAX_EXPECT).toWellFormed();
  return { expectResult: beginning.replace(/\uFFFD$/, ""), expect: { ...expect, contains: text } };
}

/**
 * A refusal as one text: kkbida's own, or its beginning with our message and each field's rule. A caller that gets plain
 * text would hear of no field otherwise.
 */
export function legacyRefusal({ message, errors }: BidaError): string {
  if (message.startsWith(LEGACY_PREFIX)) return message;
  return [LEGACY_PREFIX, message, ...errors.map((error) => `${error.field} ${error.message}`)].join("，");
}

/** Members that are null are left out of bodies, as Java's serializers did; a placeholder may want one. */
export const legacyParam = (method: LegacyMethod, param: JsonText | null): JsonText | null =>
  method === "POST" && param !== null ? withoutNulls(param) : param;

/** Without `user:password@`. Java's HTTP client sends neither. */
export const withoutCredentials = (url: string): string => url.replace(/^(https?:\/\/)[^/?#\\]*@/i, "$1");

type Refuse = (reason: string) => void;

function originOf(url: string, param: JsonText | null, profile: Profile, refuse: Refuse): string | null {
  const checked = checkUrl(url, param, profile);
  if (typeof checked !== "string") return checked.origin;
  if (checked.startsWith("has a placeholder")) refuse(REASONS.placeholder);
  else refuse(checked.endsWith("when it is filled") ? REASONS.filled : REASONS.url);
  return null;
}

/** Null where it is missing. */
function given(form: TaskForm, field: string): JsonText | null {
  const json = form.get(field);
  return json === undefined || json === "null" ? null : json;
}

/** Jackson makes a text of numbers and booleans, as they were written. */
function valueIn(form: TaskForm, field: string): string | null {
  const json = given(form, field);
  if (json === null || kindOf(json) === "object" || kindOf(json) === "list") return null;
  return plainText(json);
}

/** Null, with the reason, for what is missing, too long, or no text that can be stored and sent. */
function textIn(
  form: TaskForm,
  field: keyof typeof NAMES,
  max: number,
  missing: string,
  refuse: Refuse,
): string | null {
  const value = valueIn(form, field);
  const problem =
    value === null
      ? missing
      : value.length > max
        ? `${NAMES[field]}不能超过${max}个字符`
        : unstorable(field, value);
  if (problem === null) return value;
  refuse(problem);
  return null;
}

function nameIn(form: TaskForm, field: keyof typeof NAMES, refuse: Refuse): string | null {
  const value = valueIn(form, field);
  if (value?.includes("\0")) refuse(`${NAMES[field]}不能包含NUL字符`);
  return value;
}

function unstorable(field: keyof typeof NAMES, value: string): string | null {
  if (value.includes("\0")) return `${NAMES[field]}不能包含NUL字符`;
  return value.isWellFormed() ? null : `${NAMES[field]}包含不完整的字符`;
}

/** In the order of kkbida's enum: Jackson takes a constant's number for its name. */
const LEGACY_METHODS = ["GET", "POST"] as const;
type LegacyMethod = (typeof LEGACY_METHODS)[number];

function methodIn(form: TaskForm, refuse: Refuse): LegacyMethod | null {
  const text = valueIn(form, "requestMethod") ?? "";
  const name = /^\s*0*[01]\s*$/.test(text) ? LEGACY_METHODS[Number(text) as 0 | 1] : text;
  const known = LEGACY_METHODS.find((method) => method === name) ?? null;
  const isMissing = given(form, "requestMethod") === null || given(form, "requestMethod") === '""';
  if (known === null) refuse(isMissing ? REASONS.method : REASONS.otherMethod);
  return known;
}

/** Jackson's coercion to an `int`: texts are trimmed and read, fractions are cut off, and a blank text is 0. */
function limitIn(form: TaskForm, refuse: Refuse): number {
  const json = given(form, "limitCallCount");
  const text = valueIn(form, "limitCallCount")?.trim() ?? "";
  const isText = json === null || kindOf(json) === "string";
  const isCount = isText ? /^([+-]?\d+)?$/.test(text) : kindOf(json) === "number";
  const count = isCount ? Math.trunc(Number(text)) : Number.NaN;
  if (!isCount) refuse(REASONS.noCount);
  else if (count < 1 || count > 100) refuse(REASONS.limit);
  return count;
}

/** kkbida takes names of any length; ours hold 64 characters. A name is no reason to refuse a callback. */
export const appName = (value: unknown): string | null =>
  typeof value === "string" && value !== "" ? value.replaceAll("\0", "").slice(0, 64).toWellFormed() : null;
