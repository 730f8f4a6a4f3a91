/**
 * URLs that are filled from a task's parameters: `{name}` placeholders, and the query string. Pure, and without Node APIs:
 * the console shows what these make.
 */
import { elementsOf, kindOf, membersOf, plainText } from "./json/look.ts";
import type { JsonText } from "./json/text.ts";

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

/** The filled URL, with what no placeholder used as its query string. @throws as {@link filledUrl} */
export function queriedUrl(url: string, param: JsonText): URL {
  const members = membersOf(param);
  const filled = urlWith(url, members);
  const used = new Set(placeholdersOf(url));
  const query = queryOf(Array.from(members).filter(([name]) => !used.has(name)));
  // Behind what is there, which stays as it was written: `url.searchParams` would encode that anew.
  if (query !== "") filled.search = filled.search === "" ? query : `${filled.search}&${query}`;
  return filled;
}

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
