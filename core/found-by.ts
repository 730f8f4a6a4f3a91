/**
 * What a task is found by, beside what its request says: the URL that is really called, and a business key that is taken out
 * of its payload. Both are stored beside the task, so neither holds what is masked elsewhere (`task-secrets.ts`).
 */
import { MASK } from "./alarm/mask.ts";
import { withBigints } from "./expect-json.ts";
import { elementsOf, membersOf, plainText } from "./json/look.ts";
import type { JsonText } from "./json/text.ts";
import { compileJsonPath, StepBudget } from "./pattern.ts";
import { appendsQuery } from "./profile.ts";
import type { TaskSpec } from "./task.ts";
import { isSecret, maskParam, maskTaskUrl } from "./task-secrets.ts";
import { filledUrl, queriedUrl } from "./url-template.ts";

/** What is kept of a URL, in characters: as much as a URL may have before it is filled. */
const MAX_CALLED_URL = 2_048;
/** A value that has more characters is no key. */
export const MAX_BUSINESS_KEY = 128;
/** A payload that has more characters is not looked into: reading it would take its scheduler more than a millisecond. */
const MAX_PAYLOAD = 128 * 1024;
/** Values that a path may look at. */
const MAX_STEPS = 10_000;

type Request = Pick<TaskSpec, "url" | "requestMethod" | "requestParam" | "body" | "profile">;

/** The URL as it is called, with `******` for secrets; null where that is `url` itself. */
export function calledUrlOf({ url, requestMethod, requestParam, profile }: Request): string | null {
  const isQuery = requestMethod === "GET" || requestMethod === "DELETE";
  const adds = isQuery && requestParam !== null && appendsQuery(profile);
  if (!adds && !url.includes("{")) return null;
  const masked = {
    url: maskTaskUrl(url),
    requestParam: requestParam && maskParam(requestParam, requestMethod, url),
    profile,
  };
  try {
    const { origin, path } = isQuery ? queriedUrl(masked) : filledUrl(masked);
    const called = maskTaskUrl(origin + path).slice(0, MAX_CALLED_URL);
    return called === url ? null : called;
  } catch {
    // It was checked with its secrets in it, and masks fit wherever they do; should they not, it is found by its template.
    return null;
  }
}

/**
 * The first text, number or truth value that `path` selects in what the task sends, as it is written there; null where there
 * is none, where it is a secret by its name or its form, or where too much would have to be looked at.
 * @param path a JSONPath that `compileJsonPath` takes
 */
export function businessKeyOf(request: Request, path: string): string | null {
  const text = payloadOf(request);
  if (text === null || text.length > MAX_PAYLOAD) return null;
  try {
    for (const { value, location } of compileJsonPath(path).select(
      withBigints(text),
      new StepBudget(MAX_STEPS),
    )) {
      if (value === null || typeof value === "object") continue;
      const key = plainText(textAt(text, location)).trim();
      const names = location.filter((step) => typeof step === "string");
      const isHidden = key === MASK || names.some((name) => isSecret(name, key));
      const fits = key !== "" && key.length <= MAX_BUSINESS_KEY && key.isWellFormed() && !key.includes("\0");
      return isHidden || isSecret("", key) || !fits ? null : key;
    }
  } catch {
    // The body is no JSON, or holds more values than may be looked at.
  }
  return null;
}

/** The JSON that a task sends; null where it sends none. */
function payloadOf({ requestParam, requestMethod, url, body }: Request): JsonText | null {
  if (requestParam !== null) return maskParam(requestParam, requestMethod, url);
  return body !== null && /^\s*[{[]/.test(body) ? (body as JsonText) : null;
}

/** The part of a JSON text at a place, as it is written. */
const textAt = (text: JsonText, location: (string | number)[]): JsonText =>
  location.reduce<JsonText>((part, step) => {
    const inner = typeof step === "number" ? elementsOf(part)[step] : membersOf(part).get(step);
    if (inner === undefined) throw new Error("there is nothing at that place");
    return inner;
  }, text);
