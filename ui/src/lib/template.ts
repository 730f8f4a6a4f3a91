/** What is wrong with an alarm's template, told by the server's own code while it is typed. The server makes the preview, and has the last word. */
import {
  type Format,
  fillTemplate,
  isVariable,
  PLACEHOLDER,
  type Values,
} from "../../../core/alarm/template.ts";
import { JsonError } from "../../../core/json/error.ts";
import { readJson } from "../../../core/json/text.ts";
import { jsonText } from "./mistakes.ts";

/** What it is filled with: with quotes and brackets, which careless templates break at. */
const SAMPLE: Values = {
  taskId: "0199b3c2-7d1e-7a40-9c55-2f8f0f6f8b11",
  url: "https://stock.example/orders/4711?from=shop&to=stock",
  createTime: "2026-01-31 03:12:09.482",
  lastModifiedDate: "2026-01-31 04:40:31.07",
  sourceAppName: "shop",
  targetAppName: "stock",
  callCount: "3",
  limitCallCount: "3",
  lastError: 'bad_status: 500 "internal error"',
  statusCode: "500",
  consoleUrl: "https://bida.example/tasks/0199b3c2-7d1e-7a40-9c55-2f8f0f6f8b11",
  kind: "exhausted",
  severity: "error",
  title: "Callback failed: stock",
  summary: "shop → stock, 3 of 3 calls failed",
  count: "1",
};

/** kkbida's own. */
export const LEGACY_TEMPLATE =
  '{"msgtype":"text","text":{"content":"回调异常，taskId：${taskId}，url：${url}，发起时间：${createTime}，源服务名：${sourceAppName}，目标服务名：${targetAppName}，已达到最大重试次数：${limitCallCount}"}}';

/** Names that are no variables, and what is wrong with the template once it is filled. */
export function faultsOf(template: string, format: Format): { unknown: string[]; invalid: string | null } {
  const names = Array.from(template.matchAll(PLACEHOLDER), ([, name = ""]) => name);
  const text = fillTemplate(template, format, SAMPLE);
  return { unknown: names.filter((name) => !isVariable(name)), invalid: faultOf(text, format) };
}

function faultOf(text: string, format: Format): string | null {
  if (format === "json") {
    try {
      readJson(text, { duplicates: "last" });
    } catch (error) {
      if (!(error instanceof JsonError)) throw error;
      return jsonText(error);
    }
  }
  if (format === "xml") {
    const found = new DOMParser().parseFromString(text, "text/xml").querySelector("parsererror");
    return found ? (found.textContent ?? "").replace(/^.*?error on/s, "error on").slice(0, 160) : null;
  }
  return null;
}
