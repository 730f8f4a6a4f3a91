/** kkbida's request and its four refusals, turned into what the engine runs on. */
import { millis } from "./clock.ts";
import { LEGACY_RETRY } from "./retry.ts";
import type { TaskSpec } from "./task.ts";
import { checkUrl, MAX_URL } from "./task-schema.ts";

const PREFIX = "任务添加失败";
const BAD_URL = "url为空或url格式不正确";
const BAD_LIMIT = "最大重试次数不能为空且不能大于100";
const BAD_METHOD = "请求方式不能为空";
const BAD_EXPECT = "期待结果不能为空";

/**
 * Reads a body of `POST /api/addTask`. Fields that kkbida does not read (its own record travels along) are ignored.
 * @returns the task, or the text to answer 400 with
 */
export function parseLegacyTask(input: unknown): TaskSpec | { refusal: string } {
  const body = isRecord(input) ? input : {};
  const param = isRecord(body.requestParam) ? body.requestParam : null;
  const { url, requestMethod, limitCallCount, expectResult } = body;
  const reasons: string[] = [];
  if (!isText(url, MAX_URL) || checkUrl(url, param ?? {}) !== null) reasons.push(BAD_URL);
  if (!isLimit(limitCallCount)) reasons.push(BAD_LIMIT);
  if (requestMethod !== "GET" && requestMethod !== "POST") reasons.push(BAD_METHOD);
  if (!isText(expectResult, 512) || expectResult.trim() === "") reasons.push(BAD_EXPECT);
  if (reasons.length > 0) return { refusal: `${PREFIX}：${reasons.join("，")}` };

  return {
    url: url as string,
    requestMethod: requestMethod as "GET" | "POST",
    requestParam: param,
    body: null,
    contentType: null,
    headers: null,
    expectResult: expectResult as string,
    // kkbida calls again whatever the status says.
    expect: { status: [200], stop: [] },
    limitCallCount: limitCallCount as number,
    retry: LEGACY_RETRY,
    timeoutMs: millis(10_000),
    start: { delayMs: millis(0) },
    expiresAt: null,
    sourceAppName: appName(body.sourceAppName),
    targetAppName: appName(body.targetAppName),
    orderKey: null,
  };
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const isText = (value: unknown, max: number): value is string =>
  typeof value === "string" && value.length <= max && value.isWellFormed() && !value.includes("\0");

const isLimit = (value: unknown) =>
  Number.isInteger(value) && (value as number) >= 1 && (value as number) <= 100;

/** kkbida takes names of any length; ours hold 64 characters. A name is no reason to refuse a callback. */
export const appName = (value: unknown): string | null =>
  typeof value === "string" && value !== "" ? value.replaceAll("\0", "").slice(0, 64).toWellFormed() : null;
