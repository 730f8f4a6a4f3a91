/** Failures that end a task although calls are left: `expect.stop` and `retry.on`. Pure. */
import { type Expectation, type ExpectationSpec, statusMatches } from "./expect.ts";
import type { AttemptRecord, CallError } from "./outcome.ts";
import type { RetryOn, RetryPolicy } from "./retry.ts";

/** What a target says of something that is gone for good (RFC 9110, section 15.5.11). */
const GONE = 410;

/** What a status must be for a call to succeed, where a task does not say. */
const DEFAULT_STATUS = "2xx";

/** The error that ends a task after this failed call; null where its schedule goes on. */
export function stopAfter(
  {
    statusCode,
    error,
    responseBody,
  }: Pick<AttemptRecord, "statusCode" | "error"> & Partial<Pick<AttemptRecord, "responseBody">>,
  expect: ExpectationSpec | Expectation | null,
  { on }: Pick<RetryPolicy, "on">,
): CallError | null {
  // What fails inside Bida says nothing of the target.
  if (error === null || error.code === "crashed" || error.code === "overrun") return null;
  if (statusCode !== null && endsTask(statusCode, expect))
    return stopped(`status ${statusCode} is in expect.stop`, error);
  const refused = refusalIn(responseBody ?? null, expect);
  if (refused !== null) return stopped(`${REFUSED}: ${refused}`, error);
  if (on === undefined || on.some((entry) => isMeant(entry, statusCode, error))) return null;
  const what = statusCode === null ? error.code : `status ${statusCode} (${error.code})`;
  return stopped(`${what} is not in retry.on`, error);
}

const REFUSED = "the platform refuses what the message says";

/** Whether a message ended because its platform does not take what it says: not so where it is gone for good. */
export const isRefusal = ({ code, message }: CallError): boolean =>
  code === "stopped" &&
  (message.startsWith(REFUSED) || /^status (?!410\b)\d+ is in expect\.stop/.test(message));

/** How much of a platform's words is quoted, in characters. */
const QUOTED = 200;

/** The platform's words, where the answer is a refusal. */
function refusalIn(body: string | null, expect: ExpectationSpec | Expectation | null): string | null {
  const refusals = expect && "refusals" in expect ? expect.refusals : undefined;
  if (!refusals || !body?.trimStart().startsWith("{")) return null;
  try {
    const answer = JSON.parse(body) as Record<string, unknown>;
    const isRefusal = refusals.members.some((name) => refusals.codes.includes(answer[name] as number));
    return isRefusal ? body.trim().slice(0, QUOTED).toWellFormed() : null;
  } catch {
    return null;
  }
}

/** The default gives way to a task for which 410 can be success. */
function endsTask(statusCode: number, expect: Expectation | null): boolean {
  if (expect?.stop !== undefined) return statusMatches(statusCode, expect.stop);
  return statusCode === GONE && !statusMatches(GONE, expect?.status ?? DEFAULT_STATUS);
}

function isMeant(entry: RetryOn, statusCode: number | null, error: CallError): boolean {
  if (typeof entry === "number") return entry === statusCode;
  if (entry === error.code) return true;
  return /^\dxx$/.test(entry) && statusCode !== null && statusMatches(statusCode, entry);
}

const stopped = (why: string, last: CallError): CallError => ({
  code: "stopped",
  message: `${why}; last: ${last.code}, ${last.message}`.slice(0, 500),
});

/** The first status that would be success and the end at once; null where there is none. */
export function contradiction({ status = DEFAULT_STATUS, stop = [] }: Expectation): number | null {
  for (let code = 100; code < 600; code++)
    if (statusMatches(code, stop) && statusMatches(code, status)) return code;
  return null;
}
