/** From a task to the request that is sent: URL placeholders, query, body. Pure; signing and headers of our own come later. */
import { elementsOf, kindOf, membersOf, plainText } from "./json/look.ts";
import type { JsonText } from "./json/text.ts";
import { type PayloadFields, type RenderedBody, renderBody } from "./payload.ts";
import type { TaskSpec } from "./task.ts";

/** What the target is sent, without Bida's own headers. */
export interface RenderedRequest extends RenderedBody {
  url: URL;
}

/** Letters of any script: kkbida filled `{城市}` as well. */
const PLACEHOLDER = /\{([\p{L}_][\p{L}\p{N}_.-]*)\}/gu;

/** Names of the `{name}` placeholders in a URL. */
export function placeholdersOf(url: string): string[] {
  return url.includes("{") ? Array.from(url.matchAll(PLACEHOLDER), (match) => match[1] as string) : [];
}

/**
 * The URL with its placeholders filled, numbers digit by digit.
 * @throws TypeError where the filled text is no URL; URIError where a value holds a lone surrogate
 */
export const filledUrl = (url: string, param: JsonText | null): URL =>
  url.includes("{") ? urlWith(url, param === null ? new Map() : membersOf(param)) : new URL(url);

/** {@link filledUrl} for those who have the members of the `requestParam` at hand. */
export const urlWith = (url: string, members: ReadonlyMap<string, JsonText>): URL =>
  new URL(
    url.replace(PLACEHOLDER, (_, name: string) => {
      const value = members.get(name);
      return value === undefined ? "" : encodeURIComponent(plainText(value));
    }),
  );

/**
 * GET and DELETE put what no placeholder used into the query string; the other methods have a body.
 * @throws TypeError where the filled text is no URL; Error where the body cannot be made, see {@link renderBody}
 */
export function renderRequest(task: Pick<TaskSpec, "url"> & PayloadFields): RenderedRequest {
  const url = filledUrl(task.url, task.requestParam);
  if (!sendsQuery(task)) return { url, ...renderBody(task) };
  const used = new Set(placeholdersOf(task.url));
  const unused = Array.from(membersOf(task.requestParam as JsonText)).filter(([name]) => !used.has(name));
  const query = queryOf(unused);
  // Behind what is there, which stays as it was written: `url.searchParams` would encode that anew.
  if (query !== "") url.search = url.search === "" ? query : `${url.search}&${query}`;
  return { url, body: null, contentType: null };
}

/** Whether `requestParam` goes into the query string. */
const sendsQuery = ({ requestMethod, requestParam }: PayloadFields): boolean =>
  requestParam !== null && (requestMethod === "GET" || requestMethod === "DELETE");

/** Lists repeat their name, as most servers read them. */
function queryOf(members: [name: string, value: JsonText][]): string {
  const pairs = members.flatMap(([name, value]) =>
    (kindOf(value) === "list" ? elementsOf(value) : [value]).map((one): [string, string] => [
      name,
      plainText(one),
    ]),
  );
  return new URLSearchParams(pairs).toString();
}
