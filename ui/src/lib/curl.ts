/** Requests as curl commands for a POSIX shell. */
import type { Task, TaskRequest } from "../api/types.ts";

/** In single quotes, where nothing is special but the quote itself. */
export const quote = (text: string): string =>
  /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;

type Sent = Pick<Task, "taskId" | "url" | "requestMethod" | "requestParam" | "body" | "contentType" | "headers">;

/** What a call sends, as Bida renders it: placeholders filled, the rest as query or JSON body. */
export function sentRequest(task: Sent): { url: string; headers: [string, string][]; body: string | null } {
  const used = new Set<string>();
  const param = task.requestParam ?? {};
  const value = (name: string) => {
    const one = param[name];
    return typeof one === "string" ? one : JSON.stringify(one ?? "");
  };
  let url = task.url.replace(/\{(\w+)\}/g, (whole, name: string) => {
    if (!Object.hasOwn(param, name)) return whole;
    used.add(name);
    return encodeURIComponent(value(name));
  });
  const headers = Object.entries(task.headers ?? {});
  const bodyless = task.requestMethod === "GET" || task.requestMethod === "DELETE";
  let body: string | null = task.body;
  let contentType = task.contentType;
  if (body === null && bodyless) {
    const rest = Object.keys(param).filter((name) => !used.has(name));
    const query = rest.map((name) => `${encodeURIComponent(name)}=${encodeURIComponent(value(name))}`).join("&");
    if (query) url += (url.includes("?") ? "&" : "?") + query;
  } else if (body === null && task.requestParam !== null) {
    body = JSON.stringify(param);
    contentType ??= "application/json; charset=utf-8";
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
