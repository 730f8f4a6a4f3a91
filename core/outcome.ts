/** What came of one call to a target. The codes are the contract's one catalogue, mirrored in `docs/errors.md`. */
import type { EpochMs, Millis } from "./clock.ts";
import type { CallPhases } from "./phases.ts";

/** Why a call failed, or why a task ended without one. */
export const CALL_ERRORS = {
  dns: "The host name did not resolve",
  refused: "The target refused the connection",
  connect_timeout: "No connection within the call's deadline",
  timeout: "No complete answer within the call's deadline",
  tls: "The TLS handshake or the certificate failed",
  reset: "The connection broke before the answer was complete",
  blocked: "The address is in a range that callbacks may not reach",
  too_large_headers: "The answer's headers are larger than 16 KiB",
  bad_response: "The answer is not valid HTTP",
  bad_encoding: "The answer's content-encoding cannot be decoded",
  bad_status: "The status is not one that proves success",
  unexpected_result: "The body does not prove success",
  bad_request: "The request could not be made from the task",
  expired: "The task's time ran out before it succeeded",
  stopped: "The task wants no further call after such a failure",
  corrupt: "The task's row cannot be read",
  crashed: "The call failed inside Bida",
  overrun: "Working on the answer took too long",
  unreachable: "The target cannot be reached",
  proxy: "The outbound proxy refused the connection",
} as const;

export type CallErrorCode = keyof typeof CALL_ERRORS;

/** Codes that a task ends with, and no call. */
type EndCode = "expired" | "stopped" | "corrupt";
export type AttemptErrorCode = Exclude<CallErrorCode, EndCode>;
export const ATTEMPT_ERRORS = Object.keys(CALL_ERRORS).filter(
  (code) => !(["expired", "stopped", "corrupt"] satisfies EndCode[] as string[]).includes(code),
) as AttemptErrorCode[];

export interface CallError {
  code: CallErrorCode;
  message: string;
}

export const RESPONSE_ENCODINGS = ["text", "base64"] as const;
/** How an answer's body is kept. */
export type ResponseEncoding = (typeof RESPONSE_ENCODINGS)[number];

/** One call's record, as the dispatcher reports it and the store keeps it. */
export interface AttemptRecord {
  /** 1 for the first call of a task. It is the fence: attempt n of a task is recorded once. */
  n: number;
  startedAt: EpochMs;
  durationMs: Millis;
  outcome: "succeeded" | "failed";
  statusCode: number | null;
  error: CallError | null;
  responseHeaders: Record<string, string | string[]> | null;
  /** Decoded text, at most 65 535 bytes of UTF-8; where it is no text, as many bytes as base64. */
  responseBody: string | null;
  /** `base64`: its bytes are no text in the answer's charset, or could not be decoded; they are kept as they came. */
  responseEncoding: ResponseEncoding;
  responseTruncated: boolean;
  node: string;
  /** What the target asked for with `Retry-After`, already bounded to 24 h. */
  retryAfterMs: Millis | null;
  /** Null where nothing was called over HTTP; missing from a dispatcher of an older version. */
  phases?: CallPhases | null;
}

/** How a call reflects on its target. `slow`: it held its resources until the deadline. */
export type Health = "ok" | "bad" | "slow";

const SLOW: ReadonlySet<CallErrorCode> = new Set(["timeout", "connect_timeout"]);
const BAD: ReadonlySet<CallErrorCode> = new Set([
  "dns",
  "refused",
  "tls",
  "reset",
  "bad_response",
  "unreachable",
]);
/** A look-up that took longer than this held its call's resources as a target does that does not answer, in ms. */
const SLOW_LOOKUP = 1_000;
/** These failed on our side of the connection, and say nothing of the target. */
const OURS: ReadonlySet<CallErrorCode> = new Set([
  "blocked",
  "proxy",
  "bad_request",
  "crashed",
  "overrun",
  "expired",
  "stopped",
  "corrupt",
]);

/**
 * A target that answers is well, also where the answer is not what this task hoped for; not so one that answers with
 * 429 or 5xx. Null where the call says nothing.
 */
export function healthOf({ outcome, statusCode, error, durationMs }: AttemptRecord): Health | null {
  if (outcome === "succeeded" || error === null) return "ok";
  if (error.code === "dns" && durationMs > SLOW_LOOKUP) return "slow";
  if (SLOW.has(error.code)) return "slow";
  if (BAD.has(error.code)) return "bad";
  if (OURS.has(error.code)) return null;
  return statusCode !== null && (statusCode >= 500 || statusCode === 429) ? "bad" : "ok";
}
