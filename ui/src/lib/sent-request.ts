/** What a call sends, as Bida renders it (`core/template.ts`, `core/payload.ts`); its own headers come later. */
import { elementsOf, kindOf, membersOf, plainText } from "../../../core/json/look.ts";
import type { JsonText } from "../../../core/json/text.ts";
import { charsetOf, isFormType, JSON_TYPE } from "../../../core/media-type.ts";
import { LEGACY_EMPTY_TYPE } from "../../../core/profile.ts";
import { filledUrl, queriedUrl } from "../../../core/url-template.ts";
import type { Task } from "../api/types.ts";

export type SentTask = Pick<
  Task,
  | "taskId"
  | "url"
  | "requestMethod"
  | "requestParam"
  | "body"
  | "bodyBase64"
  | "contentType"
  | "headers"
  | "profile"
>;

export interface SentRequest {
  url: string;
  headers: [string, string][];
  /** Null where there is none, and where it is bytes. */
  body: string | null;
  /** Bytes, as base64. */
  bytes: string | null;
  /** What `body` is encoded in, where that is not UTF-8. */
  charset: string | null;
}

export function sentRequest(task: SentTask): SentRequest {
  const { requestMethod, requestParam, body, bodyBase64 } = task;
  const headers = Object.entries(task.headers ?? {});
  const url = urlOf(task);
  const bytes = bodyBase64;
  const isBodyless = requestMethod === "GET" || requestMethod === "DELETE";
  if (body === null && bytes === null && isBodyless) return { url, headers, body, bytes, charset: null };
  const named = headers.find(([name]) => name.toLowerCase() === "content-type")?.[1];
  const isParam = body === null && bytes === null;
  const usual = isParam ? JSON_TYPE : task.profile && body === "" ? LEGACY_EMPTY_TYPE : null;
  const type = task.contentType ?? named ?? usual;
  if (type !== null && named === undefined) headers.push(["content-type", type]);
  if (bytes !== null) return { url, headers, body, bytes, charset: null };
  const charset = type === null ? null : charsetOf(type);
  const isForm = isParam && type !== null && isFormType(type);
  return {
    url,
    headers,
    bytes,
    body: body ?? (isForm ? formOf(requestParam) : (requestParam ?? "{}")),
    charset: charset === null || /^utf-?8$/.test(charset) ? null : charset,
  };
}

/** As it stands in the task, where it is no URL: then nothing is called. */
function urlOf(task: SentTask): string {
  const { url, requestMethod } = task;
  const isQuery = requestMethod === "GET" || requestMethod === "DELETE";
  try {
    const { origin, path } = isQuery ? queriedUrl(task) : filledUrl(task);
    return origin + path;
  } catch {
    return url;
  }
}

/** `application/x-www-form-urlencoded`, which is what the URL standard's parameters print. */
function formOf(param: JsonText | null): string {
  const form = new URLSearchParams();
  for (const [name, value] of param === null ? [] : membersOf(param)) {
    const values = kindOf(value) === "list" ? elementsOf(value) : [value];
    for (const one of values) form.append(name, plainText(one));
  }
  return form.toString();
}
