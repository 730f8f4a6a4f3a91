/** From a task to the request that is sent: its URL and its body. Pure; signing and headers of our own come later. */
import { type PayloadFields, type RenderedBody, renderBody } from "./payload.ts";
import type { TaskSpec } from "./task.ts";
import { filledUrl, queriedUrl } from "./url-template.ts";

/** What the target is sent, without Bida's own headers. */
export interface RenderedRequest extends RenderedBody {
  url: URL;
}

/**
 * GET and DELETE put what no placeholder used into the query string; the other methods have a body.
 * @throws TypeError where the filled text is no URL; Error where the body cannot be made, see {@link renderBody}
 */
export function renderRequest(task: Pick<TaskSpec, "url"> & PayloadFields): RenderedRequest {
  const { url, requestMethod, requestParam } = task;
  const isBodyless = requestMethod === "GET" || requestMethod === "DELETE";
  if (requestParam !== null && isBodyless)
    return { url: queriedUrl(url, requestParam), body: null, contentType: null };
  return { url: filledUrl(url, requestParam), ...renderBody(task) };
}
