/**
 * URLs that are filled from a task's parameters: `{name}` placeholders, and the query string. Pure, and without Node APIs:
 * the console shows what these make.
 *
 * A query that a caller wrote is sent as it was written, but for characters that no request line can hold: `URL` would encode
 * more (`'` becomes `%27`), and a signature over the query would no longer fit.
 */
import { elementsOf, kindOf, membersOf, plainText } from "./json/look.ts";
import type { JsonText } from "./json/text.ts";
import { appendsQuery, type Profile } from "./profile.ts";

/** Letters of any script: kkbida filled `{城市}` as well. */
const PLACEHOLDER = /\{([\p{L}_][\p{L}\p{N}_.-]*)\}/gu;
/**
 * Spring's, in kkbida's tasks: any name, and a regular expression behind a colon, which says nothing when a URL is filled
 * (`UriComponents.expandUriComponent` of Spring 5.0; braces inside the expression are passed over).
 */
const LEGACY_PLACEHOLDER = /\{([^{}/:]+)(?::(?:[^{}/]|\{[^{}/]*\})*)?\}/gu;
const USUAL_NAME = /^[\p{L}_][\p{L}\p{N}_.-]*$/u;

type Members = ReadonlyMap<string, JsonText>;

/** A URL as it is called. */
export interface CalledUrl {
  /** `scheme://host[:port]` */
  origin: string;
  /** Path and query, as they stand in the request line. */
  path: string;
}

/** Names of the `{name}` placeholders in a URL, by v1's rules. */
export function placeholdersOf(url: string): string[] {
  return url.includes("{") ? Array.from(url.matchAll(PLACEHOLDER), (match) => match[1] as string) : [];
}

/** {@link placeholdersOf} of a task with a profile, in which the members decide what an unusual name is. */
export function placeholdersIn(url: string, members: Members, profile: Profile | null): string[] {
  if (profile === null || !url.includes("{")) return placeholdersOf(url);
  const names = Array.from(url.matchAll(LEGACY_PLACEHOLDER), (match) => match[1] as string);
  return names.filter((name) => isLegacyName(name, members));
}

/** With kkbida every call failed where a name had no member; what cannot be meant as one is left as it is. */
const isLegacyName = (name: string, members: Members): boolean => USUAL_NAME.test(name) || members.has(name);

/**
 * The text of a URL with its placeholders filled, numbers digit by digit.
 * @throws URIError where a value holds a lone surrogate
 */
export function filledText(url: string, members: Members, profile: Profile | null): string {
  if (!url.includes("{")) return url;
  const pattern = profile === null ? PLACEHOLDER : LEGACY_PLACEHOLDER;
  return url.replace(pattern, (whole, name: string) => {
    const value = members.get(name);
    if (value === undefined) return profile === null || USUAL_NAME.test(name) ? "" : whole;
    return encodeURIComponent(plainText(value));
  });
}

/** What URLs are filled from. */
export interface UrlTask {
  url: string;
  requestParam: JsonText | null;
  /** Missing: none. */
  profile?: Profile | null | undefined;
}

const NOTHING: Members = new Map();

/**
 * The URL with its placeholders filled.
 * @throws TypeError where the filled text is no URL; URIError where a value holds a lone surrogate
 */
export function filledUrl({ url, requestParam, profile = null }: UrlTask): CalledUrl {
  if (!url.includes("{")) return called(url);
  return called(filledText(url, requestParam === null ? NOTHING : membersOf(requestParam), profile));
}

/** The filled URL, with what no placeholder used as its query string. @throws as {@link filledUrl} */
export function queriedUrl(task: UrlTask): CalledUrl {
  const { url, requestParam, profile = null } = task;
  if (requestParam === null || !appendsQuery(profile)) return filledUrl(task);
  const members = membersOf(requestParam);
  const used = new Set(placeholdersIn(url, members, profile));
  const filled = called(filledText(url, members, profile));
  const query = queryOf(Array.from(members).filter(([name]) => !used.has(name)));
  if (query === "") return filled;
  // Behind what is there.
  const joint = filled.path.endsWith("?") ? "" : filled.path.includes("?") ? "&" : "?";
  return { ...filled, path: `${filled.path}${joint}${query}` };
}

/** All that may not stand in a query as it is: controls, blanks, `"`, `#`, `<`, `>` and what is not ASCII. */
const UNSENDABLE = /[^!$-;=?-~]+/gu;

function called(text: string): CalledUrl {
  const { origin, pathname } = new URL(text);
  return { origin, path: pathname + queryIn(text) };
}

/**
 * Where a `location` leads to.
 * @throws TypeError where it is no URL
 */
export function redirectedUrl(location: string, from: CalledUrl): CalledUrl {
  const { origin, pathname } = new URL(location, from.origin + from.path);
  return { origin, path: pathname + queryIn(location) };
}

/** With its question mark; empty where the URL has none. */
function queryIn(url: string): string {
  const hash = url.indexOf("#");
  const whole = (hash === -1 ? url : url.slice(0, hash)).trimEnd();
  const at = whole.indexOf("?");
  return at === -1 ? "" : whole.slice(at).replace(UNSENDABLE, encodeURIComponent);
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
