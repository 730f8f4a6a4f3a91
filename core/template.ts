/** From a task to the request that is sent: its URL and its body. Pure; signing and headers of our own come later. */
import { type PayloadFields, type RenderedBody, renderBody } from "./payload.ts";
import { LEGACY_EMPTY_TYPE } from "./profile.ts";
import { type CalledUrl, filledUrl, queriedUrl, type UrlTask } from "./url-template.ts";

/** What the target is sent, without Bida's own headers. */
export interface RenderedRequest extends RenderedBody, CalledUrl {}

/**
 * GET and DELETE put what no placeholder used into the query string (unless the profile says otherwise); the other methods
 * have a body.
 * @throws TypeError where the filled text is no URL; Error where the body cannot be made, see {@link renderBody}
 */
export function renderRequest(task: UrlTask & PayloadFields): RenderedRequest {
  const { requestMethod, requestParam, profile } = task;
  const isBodyless = requestMethod === "GET" || requestMethod === "DELETE";
  if (requestParam !== null && isBodyless) return { ...queriedUrl(task), body: null, contentType: null };
  const { body, contentType } = renderBody(task);
  const isEmpty = profile && contentType === null && body === "";
  return { ...filledUrl(task), body, contentType: isEmpty ? LEGACY_EMPTY_TYPE : contentType };
}
