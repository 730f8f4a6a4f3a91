/** Failures that end a task although calls are left: `expect.stop` and `retry.on`. Pure. */
import { type Expectation, statusMatches } from "./expect.ts";
import type { AttemptRecord, CallError } from "./outcome.ts";
import type { RetryOn, RetryPolicy } from "./retry.ts";

/** What a target says of something that is gone for good (RFC 9110, section 15.5.11). */
const GONE = 410;

/** What a status must be for a call to succeed, where a task does not say. */
const DEFAULT_STATUS = "2xx";

/** The error that ends a task after this failed call; null where its schedule goes on. */
export function stopAfter(
  { statusCode, error }: Pick<AttemptRecord, "statusCode" | "error">,
  expect: Expectation | null,
  { on }: Pick<RetryPolicy, "on">,
): CallError | null {
  // What fails inside Bida says nothing of the target.
  if (error === null || error.code === "crashed" || error.code === "overrun") return null;
  if (statusCode !== null && endsTask(statusCode, expect))
    return stopped(`status ${statusCode} is in expect.stop`, error);
  if (on === undefined || on.some((entry) => isMeant(entry, statusCode, error))) return null;
  const what = statusCode === null ? error.code : `status ${statusCode} (${error.code})`;
  return stopped(`${what} is not in retry.on`, error);
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
