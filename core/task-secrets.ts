/**
 * What of a task is secret, and the task without it. Credentials travel in headers, in a URL's user part and in its query; which
 * these are is told by their names. Pure, and without Node APIs: the console looks for the mask too.
 */
import { MASK } from "./alarm/mask.ts";
import { membersOf, plainText } from "./json/look.ts";
import type { JsonText } from "./json/text.ts";
import type { Method } from "./task.ts";
import { placeholdersOf } from "./url-template.ts";

/** Whole names, whatever the case. */
const WHOLE = "(?:proxy-)?authorization|(?:set-)?cookie2?|auth|sign|sig|sid|jwt|pwd|pass";
/** Ends of names: `x-api-key`, `access_token`, `clientSecret`, `X-Amz-Signature`. */
const END =
  "token|secret|password|passwd|passphrase|signature|credentials?|session[-_]?id|(?:api|access|auth|app|secret|private|sub)key";
/** Ends that want something before them that parts them. */
const PARTED = "key|pwd|auth";
/** A regular expression for such names. @param char for a character of a name */
const namesOf = (char: string): string =>
  `(?:${WHOLE}|${char}*(?:${END})s?|(?:${char}*[-_.])?(?:${PARTED})s?)`;
const SECRET_NAME = new RegExp(`^${namesOf("[^]")}$`, "i");
/** `token[]`, `user[password][0]`: how PHP, Rails and qs write lists and objects. */
const INDEX = /(?:\[[^\]]*\])+$/;
const LAST_INDEX = /\[([^[\]]*[^[\]\d][^[\]]*)\](?:\[\d*\])*$/;
/** Values that are credentials whatever their name: a JSON Web Token (RFC 7519). */
const JWT = /^eyJ[\w-]{8,}\.[\w-]+\.[\w-]*$/;

/**
 * The rule above for databases: which of them match at least where something is masked. For texts in lower case; what they are written
 * with, MySQL's ICU, MariaDB's PCRE and JavaScript read alike.
 */
export const HIDING = {
  /** A URL with credentials before its host. */
  userInfo: "^[a-z][a-z0-9+.-]*://[^/?#@]*@",
  /** A URL with a secret in its query. A name that is percent-encoded, or has an index, may be any. */
  query: `[?&](?:(?:[^=&#]*[%\\[][^=&#]*|${namesOf("[^=&#]")})=|[^=&#]*=eyj[a-z0-9_-]{8,}[.])`,
  /** A URL of whose query a placeholder fills a secret part, or a name. */
  placeholder: `[?&](?:(?:[^=&#]*[%\\[][^=&#]*|${namesOf("[^=&#]")})=[^&#]*|[^=&#]*)[{]`,
  /** A URL of whose query a placeholder fills a part: {@link members} may be in it. */
  filled: "[?][^#]*[{]",
  /** The JSON of parameters that become the query. */
  members: `"(?:[^"]*\\[[^"]*|${namesOf('[^"]')})":|"eyj[a-z0-9_-]{8,}[.]`,
};

/** Whether a header or a parameter of this name holds a credential. */
export function isSecretName(name: string): boolean {
  if (!name.includes("[")) return SECRET_NAME.test(name);
  return SECRET_NAME.test(name.replace(INDEX, "")) || SECRET_NAME.test(LAST_INDEX.exec(name)?.[1] ?? "");
}

/** Whether a header or a parameter is a credential. */
export const isSecret = (name: string, value: string): boolean => isSecretName(name) || JWT.test(value);

/** Headers of a request or an answer. The same object where nothing is secret. */
export function maskHeaders<V extends string | string[]>(headers: Record<string, V>): Record<string, V> {
  const isOpen = ([name, value]: [string, V]) =>
    !(typeof value === "string" ? isSecret(name, value) : isSecretName(name));
  const entries = Object.entries(headers);
  if (entries.every(isOpen)) return headers;
  return Object.fromEntries(
    entries.map((entry) => [
      entry[0],
      isOpen(entry) ? entry[1] : ((Array.isArray(entry[1]) ? entry[1].map(() => MASK) : MASK) as V),
    ]),
  );
}

/** A URL, with placeholders or not. What is not secret stays as it was written. */
export function maskTaskUrl(url: string): string {
  if (!url.includes("?") && !url.includes("@")) return url;
  const open = url.replace(/^([a-z][a-z0-9+.-]*:\/\/)[^/?#@]*@/i, `$1${MASK}@`);
  return mapQuery(open, (name, value) =>
    // What fills a placeholder is masked where it stands.
    isSecret(name, value) && !isPlaceholder(value) ? MASK : value,
  );
}

/**
 * Parameters of a task. Those of GET and DELETE are a query; of the others, where they are the body, only what fills a secret
 * part of the URL is masked.
 */
export function maskParam(param: JsonText, method: Method, url: string): JsonText {
  const isQuery = method === "GET" || method === "DELETE";
  const isFilled = /\?[^#]*\{/.test(url);
  if (!isQuery && !isFilled) return param;
  const members = membersOf(param);
  const fillers = isFilled ? secretPlaceholders(url, members) : NOBODY;
  if (!isQuery && fillers.size === 0) return param;
  const isHidden = (name: string, json: JsonText) =>
    fillers.has(name) || (isQuery && isSecret(name, json.replace(/^"|"$/g, "")));
  if (![...members].some(([name, json]) => isHidden(name, json))) return param;
  return objectOf([...members].map(([name, json]) => [name, isHidden(name, json) ? MASKED : json]));
}

/** What has secrets in it. */
interface Request {
  url: string;
  requestMethod: Method;
  requestParam: JsonText | null;
  headers: Record<string, string> | null;
}

/** A task without its secrets. The same object where it has none. */
export function maskTask<T extends Request>(task: T): T {
  const url = maskTaskUrl(task.url);
  const headers = task.headers && maskHeaders(task.headers);
  const requestParam = task.requestParam && maskParam(task.requestParam, task.requestMethod, task.url);
  const isOpen = url === task.url && headers === task.headers && requestParam === task.requestParam;
  return isOpen ? task : { ...task, url, headers, requestParam };
}

/** What is masked of a task: its values as they stand there. */
function secretsOf(task: Request): string[] {
  const seen = maskTask(task);
  if (seen === task) return [];
  const { url, headers, requestParam } = task;
  const secrets = Object.entries(headers ?? {})
    .filter(([name, value]) => seen.headers?.[name] !== value)
    .map(([, value]) => value);
  const userInfo = /^[a-z][a-z0-9+.-]*:\/\/([^/?#@]*)@/i.exec(url)?.[1];
  if (userInfo) secrets.push(userInfo);
  mapQuery(url, (name, value) => {
    if (isSecret(name, value) && !isPlaceholder(value)) secrets.push(value);
    return value;
  });
  if (requestParam !== null && requestParam !== seen.requestParam) {
    const shown = membersOf(seen.requestParam as JsonText);
    for (const [name, json] of membersOf(requestParam))
      if (shown.get(name) !== json) secrets.push(json.replace(/^"|"$/g, ""));
  }
  return secrets;
}

/** Shorter ones stand anywhere by chance. */
const TELLING = 4;

/**
 * Whether a copy gives secrets of its original away to who could not see them: it is sent to another server (`isElsewhere`),
 * or a view of it shows them, as where a parameter of the query has become one of the body.
 */
export function givesAway(copy: Request, original: Request, isElsewhere: boolean): boolean {
  const { url, headers, requestParam } = isElsewhere ? copy : maskTask(copy);
  const text = [url, ...Object.values(headers ?? {}), requestParam ?? ""].join("\n");
  return secretsOf(original).some((secret) => secret.length >= TELLING && text.includes(secret));
}

/** Fields of a request that somebody made from a masked view. */
export interface Edited {
  url?: string | undefined;
  headers?: Record<string, unknown> | null | undefined;
  requestParam?: JsonText | null | undefined;
}

/** The fields with the original's secrets in the place of masks: who could not see a value leaves it as it was. */
export function unmasked(edited: Edited, original: Request): Edited {
  const { url, headers, requestParam } = edited;
  return {
    ...edited,
    ...(url?.includes(MASK) && { url: unmaskUrl(url, original.url) }),
    ...(headers && { headers: unmaskHeaders(headers, original.headers ?? {}) }),
    ...(requestParam?.includes(MASKED) && { requestParam: unmaskParam(requestParam, original.requestParam) }),
  };
}

function unmaskUrl(url: string, original: string): string {
  // A name may stand there several times: each keeps its own.
  const known = new Map<string, string[]>();
  mapQuery(original, (name, value) => {
    known.set(name, [...(known.get(name) ?? []), value]);
    return value;
  });
  return mapQuery(url, (name, value) => {
    const own = known.get(name)?.shift() ?? value;
    return value === MASK ? own : value;
  });
}

function unmaskHeaders(headers: Record<string, unknown>, original: Record<string, string>) {
  const known = new Map(Object.entries(original).map(([name, value]) => [name.toLowerCase(), value]));
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [
      name,
      value === MASK ? (known.get(name.toLowerCase()) ?? value) : value,
    ]),
  );
}

function unmaskParam(param: JsonText, original: JsonText | null): JsonText {
  const known = original === null ? new Map<string, JsonText>() : membersOf(original);
  return objectOf(
    [...membersOf(param)].map(([name, json]) => [name, (json === MASKED && known.get(name)) || json]),
  );
}

const MASKED = JSON.stringify(MASK) as JsonText;

const objectOf = (members: [name: string, json: JsonText][]): JsonText =>
  `{${members.map(([name, json]) => `${JSON.stringify(name)}:${json}`).join()}}` as JsonText;

const isPlaceholder = (value: string): boolean => {
  const [name, ...more] = placeholdersOf(value);
  return name !== undefined && more.length === 0 && value === `{${name}}`;
};

const NOBODY: ReadonlySet<string> = new Set();

/** Names of the placeholders that fill secret parts of a URL's query. Its names may be filled as well. */
function secretPlaceholders(url: string, members: ReadonlyMap<string, JsonText>): Set<string> {
  const names = new Set<string>();
  const filled = (text: string) =>
    placeholdersOf(text).reduce(
      (part, name) => part.replace(`{${name}}`, () => plainText(members.get(name) ?? ("" as JsonText))),
      text,
    );
  mapQuery(url, (name, value) => {
    if (isSecret(filled(name), filled(value)))
      for (const placeholder of placeholdersOf(value)) names.add(placeholder);
    return value;
  });
  return names;
}

/** The URL with other values in its query; names and what has no value stay as they were written. */
function mapQuery(url: string, map: (name: string, value: string) => string): string {
  const [, before = "", query = "", after = ""] = /^([^?#]*\?)([^#]*)(.*)$/s.exec(url) ?? [];
  if (query === "") return url;
  const pairs = query.split("&").map((pair) => {
    const at = pair.indexOf("=");
    return at < 0 ? pair : `${pair.slice(0, at)}=${map(decoded(pair.slice(0, at)), pair.slice(at + 1))}`;
  });
  return `${before}${pairs.join("&")}${after}`;
}

function decoded(name: string): string {
  try {
    return decodeURIComponent(name.replaceAll("+", " "));
  } catch {
    return name;
  }
}
