/** What a task's URL must be once its placeholders are filled. */
import { membersOf, plainText } from "./json/look.ts";
import type { JsonText } from "./json/text.ts";
import type { Profile } from "./profile.ts";
import { filledText, placeholdersIn } from "./url-template.ts";

/** In characters. */
export const MAX_URL = 2048;
/**
 * Once its placeholders are filled, and of the query that parameters become, in characters before they are encoded. Servers take
 * 8 to 64 KiB of a request line.
 */
export const MAX_FILLED = 64 * 1024;

/** @returns the filled URL, or what is wrong with it */
export function checkUrl(url: string, param: JsonText | null, profile: Profile | null = null): URL | string {
  if (!/^https?:\/\//i.test(url)) return "must begin with http:// or https://";
  // URLs are read without them: another address would be called than the one that stands there.
  // biome-ignore lint/suspicious/noControlCharactersInRegex: those are what is refused
  if (/[\x00-\x1f\x7f]/.test(url)) return "must not contain control characters";
  const members = url.includes("{") && param !== null ? membersOf(param) : NOTHING;
  const names = placeholdersIn(url, members, profile);
  const problem = placeholderProblem(url, names, members);
  if (problem !== null) return problem;
  let filled: URL;
  try {
    filled = new URL(filledText(url, members, profile));
  } catch {
    return "is not a valid URL";
  }
  if (filled.username || filled.password)
    return "must not hold a user name or password; send a header instead";
  return filled;
}

type Members = ReadonlyMap<string, JsonText>;
const NOTHING: Members = new Map();

function placeholderProblem(url: string, names: string[], members: Members): string | null {
  const authority = /^https?:\/\/([^/?#]*)/i.exec(url)?.[1] ?? "";
  let length = url.length;
  for (const name of names) {
    const value = members.get(name);
    if (value === undefined) return `has a placeholder {${name}} that requestParam does not fill`;
    const text = plainText(value);
    length += text.length;
    if (length > MAX_FILLED) return `must have at most ${MAX_FILLED} characters when it is filled`;
    // Both would change which path is called; URLs resolve them, percent-encoded or not.
    if (text === "." || text === "..") return `has a placeholder {${name}} filled with dots`;
    if (!text.isWellFormed()) return `has a placeholder {${name}} filled with a lone surrogate`;
    // `http://{host}/y` filled with nothing would call host `y`.
    if (text === "" && authority.includes(`{${name}}`)) return "has an empty host";
  }
  return null;
}
