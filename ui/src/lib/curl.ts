/** Requests as curl commands for a POSIX shell. */
import type { Task, TaskRequest } from "../api/types.ts";

/** In single quotes, where nothing is special but the quote itself. */
export const quote = (text: string): string =>
  /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;

const PLACEHOLDER = /\{([A-Za-z_][\w.-]*)\}/g;

function asText(value: unknown): string {
  if (value === null || value === undefined) return "";
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

type Sent = Pick<
  Task,
  "taskId" | "url" | "requestMethod" | "requestParam" | "body" | "contentType" | "headers"
>;

/** What a call sends, as Bida renders it: placeholders filled, the rest as query or JSON body. */
export function sentRequest(task: Sent): { url: string; headers: [string, string][]; body: string | null } {
  const used = new Set<string>();
  const param = task.requestParam ?? {};
  let url = task.url.replace(PLACEHOLDER, (whole, name: string) => {
    if (!Object.hasOwn(param, name)) return whole;
    used.add(name);
    return encodeURIComponent(asText(param[name]));
  });
  const headers = Object.entries(task.headers ?? {});
  const bodyless = task.requestMethod === "GET" || task.requestMethod === "DELETE";
  let body: string | null = task.body;
  let contentType = task.contentType;
  if (body === null && bodyless) {
    const query = Object.entries(param)
      .filter(([name]) => !used.has(name))
      .flatMap(([name, value]) => (Array.isArray(value) ? value : [value]).map((one) => [name, asText(one)]))
      .map(([name, text]) => `${encodeURIComponent(name as string)}=${encodeURIComponent(text as string)}`)
      .join("&");
    if (query) url += (url.includes("?") ? "&" : "?") + query;
  } else if (body === null) {
    body = JSON.stringify(param);
    contentType ??= "application/json;charset=UTF-8";
  }
  const named = headers.some(([name]) => name.toLowerCase() === "content-type");
  if (body !== null && contentType && !named) headers.push(["content-type", contentType]);
  return { url, headers, body };
}

/** The callback itself: what curl would send to the target in Bida's place. */
export function curlOfCall(task: Sent): string {
  const { url, headers, body } = sentRequest(task);
  const parts = [`curl -i -X ${task.requestMethod} ${quote(url)}`];
  for (const [name, value] of headers) parts.push(`-H ${quote(`${name}: ${value}`)}`);
  parts.push(`-H ${quote(`webhook-id: ${task.taskId}`)}`);
  if (body !== null) parts.push(`--data-binary ${quote(body)}`);
  return parts.join(" \\\n  ");
}

/** Handing a task over: what the form does. */
export function curlOfSubmit(request: Partial<TaskRequest>, origin: string): string {
  return [
    `curl -u USER:PASSWORD ${origin}/v1/tasks`,
    "-H 'content-type: application/json'",
    `-d ${quote(JSON.stringify(request, null, 2))}`,
  ].join(" \\\n  ");
}
