/** From a task to the request that is sent: URL placeholders, query, body. Pure; signing and headers of our own come later. */
import type { TaskSpec } from "./task.ts";

/** What the target is sent, without Bida's own headers. */
export interface RenderedRequest {
  url: URL;
  /** Null where the request has none. UTF-8 text, sent byte for byte. */
  body: string | null;
  contentType: string | null;
}

const PLACEHOLDER = /\{([A-Za-z_][\w.-]*)\}/g;
/** Of a `requestParam` that is sent as a body. */
export const JSON_TYPE = "application/json;charset=UTF-8";

/** Names of the `{name}` placeholders in a URL. */
export function placeholdersOf(url: string): string[] {
  return Array.from(url.matchAll(PLACEHOLDER), (match) => match[1] as string);
}

/**
 * The URL with its placeholders filled.
 * @param used gets their names
 * @throws TypeError where the filled text is no URL
 */
export function filledUrl(url: string, param: Record<string, unknown>, used?: Set<string>): URL {
  const filled = url.replace(PLACEHOLDER, (_, name: string) => {
    used?.add(name);
    return encodeURIComponent(asText(param[name]));
  });
  return new URL(filled);
}

/**
 * GET and DELETE put what no placeholder used into the query string; other methods send `requestParam` as JSON,
 * or the raw `body`.
 * @throws TypeError where the filled text is no URL
 */
export function renderRequest(
  task: Pick<TaskSpec, "url" | "requestMethod" | "requestParam" | "body" | "contentType">,
): RenderedRequest {
  const param = task.requestParam ?? {};
  const used = new Set<string>();
  const url = filledUrl(task.url, param, used);
  if (task.body !== null) return { url, body: task.body, contentType: task.contentType };
  if (task.requestMethod === "GET" || task.requestMethod === "DELETE") {
    for (const [name, value] of Object.entries(param)) {
      if (!used.has(name)) appendQuery(url, name, value);
    }
    return { url, body: null, contentType: null };
  }
  return { url, body: JSON.stringify(param), contentType: task.contentType ?? JSON_TYPE };
}

/** Arrays repeat their name, as most servers read them. */
function appendQuery(url: URL, name: string, value: unknown): void {
  for (const one of Array.isArray(value) ? value : [value]) url.searchParams.append(name, asText(one));
}

function asText(value: unknown): string {
  if (value === null || value === undefined) return "";
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}
