/** Refusals as they come over Moleculer. */
import { CallbackError, type CallbackErrorCode, fieldErrorsOf } from "./error.ts";

/** Moleculer's own errors, by `type`: nobody there, nobody left, too late. */
const TRANSPORT: Record<string, CallbackErrorCode> = {
  SERVICE_NOT_FOUND: "unavailable",
  SERVICE_NOT_AVAILABLE: "unavailable",
  BAD_GATEWAY: "unavailable",
  REQUEST_REJECTED: "unavailable",
  QUEUE_FULL: "unavailable",
  REQUEST_TIMEOUT: "timeout",
  REQUEST_SKIPPED: "timeout",
};

interface Rejection {
  message?: string;
  type?: unknown;
  code?: unknown;
  data?: { errors?: unknown; retryAfter?: unknown } | null;
}

/** @param error what `broker.call` rejected with; its `type` is Bida's refusal code, its `code` the HTTP status */
export function fromMoleculer(action: string, error: unknown): CallbackError {
  const { message, type, code, data } = (error ?? {}) as Rejection;
  const what = message || `${action} failed`;
  if (typeof type === "string" && TRANSPORT[type]) {
    return new CallbackError(TRANSPORT[type], what, { cause: error });
  }
  // From the NATS library, as it is: one task that is larger than a message may be.
  if (code === "MAX_PAYLOAD_EXCEEDED") {
    return new CallbackError("body_too_large", "The task is too large for NATS; hand it over through HTTP", {
      cause: error,
    });
  }
  const status = typeof code === "number" ? code : null;
  // Bida's codes are lower case, Moleculer's types upper case.
  if (typeof type !== "string" || !/^[a-z][a-z_]*$/.test(type)) {
    return new CallbackError("internal", what, { status, cause: error });
  }
  return new CallbackError(type, what, {
    status,
    errors: fieldErrorsOf(data?.errors),
    retryAfter: typeof data?.retryAfter === "number" ? data.retryAfter : null,
    cause: error,
  });
}
