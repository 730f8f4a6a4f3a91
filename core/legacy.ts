/** kkbida's request and its four refusals, turned into what the engine runs on. */
import { millis } from "./clock.ts";
import { BidaError } from "./errors.ts";
import { kindOf, plainText } from "./json/look.ts";
import { readingJson } from "./json/refusal.ts";
import { type JsonText, readObject } from "./json/text.ts";
import type { CheckedTask, TaskForm } from "./parse-task.ts";
import { bodyBytes, MAX_BODY_BYTES } from "./payload.ts";
import { LEGACY_RETRY } from "./retry.ts";
import { checkUrl, MAX_URL } from "./target-url.ts";
import type { TaskSpec } from "./task.ts";

/** Every refusal of kkbida begins with it; the reasons follow, joined by `，`. */
export const LEGACY_PREFIX = "任务添加失败";
const BAD_URL = "url为空或url格式不正确";
const BAD_LIMIT = "最大重试次数不能为空且不能大于100";
const BAD_METHOD = "请求方式不能为空";
const BAD_EXPECT = "期待结果不能为空";
const BAD_PARAM = "请求参数必须是JSON对象";
const BAD_NAME = "服务名不能包含NUL字符";

/**
 * Reads a body of `POST /api/addTask` as Jackson did: of a key that stands twice the last one counts, texts and numbers
 * are taken for each other. Fields that kkbida does not read (its own record travels along) are ignored.
 * @throws BidaError invalid_json; invalid_task, whose message is kkbida's text; body_too_large
 */
export function parseLegacyTask(text: string): CheckedTask {
  const form: TaskForm =
    readingJson("invalid_task", () => readObject(text, { duplicates: "last" })) ?? new Map();
  const param = given(form, "requestParam");
  const requestParam = param !== null && kindOf(param) === "object" ? param : null;
  const url = textIn(form, "url", MAX_URL);
  const checked = url === null ? "" : checkUrl(url, requestParam);
  const limitCallCount = countIn(form, "limitCallCount");
  const requestMethod = methodIn(form);
  const expectResult = textIn(form, "expectResult", 512);
  const reasons: string[] = [];
  if (typeof checked === "string") reasons.push(BAD_URL);
  if (limitCallCount === null || limitCallCount < 1 || limitCallCount > 100) reasons.push(BAD_LIMIT);
  if (requestMethod === null) reasons.push(BAD_METHOD);
  if (expectResult === null || expectResult.trim() === "") reasons.push(BAD_EXPECT);
  if (param !== requestParam) reasons.push(BAD_PARAM);
  const names = [valueIn(form, "sourceAppName"), valueIn(form, "targetAppName")];
  if (names.some((name) => name?.includes("\0"))) reasons.push(BAD_NAME);
  if (reasons.length > 0 || typeof checked === "string")
    throw new BidaError("invalid_task", [LEGACY_PREFIX, ...reasons].join("，"));
  const spec: TaskSpec = {
    url: url as string,
    requestMethod: requestMethod as LegacyMethod,
    requestParam,
    // Without parameters RestTemplate sent a request without a body.
    body: requestParam === null && requestMethod === "POST" ? "" : null,
    bodyBase64: null,
    contentType: null,
    headers: null,
    expectResult,
    // kkbida calls again whatever the status says.
    expect: { status: [200], stop: [] },
    limitCallCount: limitCallCount as number,
    retry: LEGACY_RETRY,
    timeoutMs: millis(10_000),
    start: { delayMs: millis(0) },
    expiresAt: null,
    sourceAppName: appName(names[0]),
    targetAppName: appName(names[1]),
    orderKey: null,
  };
  if (bodyBytes(spec) > MAX_BODY_BYTES)
    throw new BidaError("body_too_large", undefined, {
      errors: [{ field: "requestParam", message: "must have at most 1 MiB" }],
    });
  return { spec, origin: checked.origin };
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

/** Null for what is missing, too long, or no text that can be stored and sent. */
function textIn(form: TaskForm, field: string, max: number): string | null {
  const value = valueIn(form, field);
  return value !== null && value.length <= max && value.isWellFormed() && !value.includes("\0")
    ? value
    : null;
}

/** In the order of kkbida's enum: Jackson takes a constant's number for its name. */
const LEGACY_METHODS = ["GET", "POST"] as const;
type LegacyMethod = (typeof LEGACY_METHODS)[number];

function methodIn(form: TaskForm): LegacyMethod | null {
  const text = valueIn(form, "requestMethod") ?? "";
  const name = /^\s*0*[01]\s*$/.test(text) ? LEGACY_METHODS[Number(text) as 0 | 1] : text;
  return LEGACY_METHODS.find((method) => method === name) ?? null;
}

/** Jackson's coercion to an `int`: texts are trimmed and read, fractions are cut off. */
function countIn(form: TaskForm, field: string): number | null {
  const json = given(form, field);
  if (json === null) return null;
  if (kindOf(json) === "string") {
    const text = plainText(json).trim();
    return /^[+-]?\d{1,20}$/.test(text) ? Number(text) : null;
  }
  return kindOf(json) === "number" ? Math.trunc(Number(json)) : null;
}

/** kkbida takes names of any length; ours hold 64 characters. A name is no reason to refuse a callback. */
export const appName = (value: unknown): string | null =>
  typeof value === "string" && value !== "" ? value.replaceAll("\0", "").slice(0, 64).toWellFormed() : null;
