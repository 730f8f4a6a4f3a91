/** Refusals as they come over HTTP: RFC 9457, or whatever a proxy on the way has to say. */
import { CallbackError, type CallbackErrorCode, fieldErrorsOf } from "./error.ts";

interface Problem {
  code?: unknown;
  title?: unknown;
  detail?: unknown;
  errors?: unknown;
}

/** What a status means that came without Bida's code: a proxy's own answer. */
const FOREIGN: Record<number, CallbackErrorCode> = {
  401: "unauthorized",
  403: "forbidden",
  413: "body_too_large",
  429: "unavailable",
  431: "headers_too_large",
  500: "internal",
  502: "unavailable",
  503: "unavailable",
  504: "unavailable",
  508: "own_callback",
};

/** @param headers of the answer */
export function refusal(
  what: string,
  status: number,
  body: unknown,
  headers: Pick<Headers, "get">,
): CallbackError {
  const retryAfter = headers.get("retry-after");
  const { code, title, detail, errors } = (typeof body === "object" && body !== null ? body : {}) as Problem;
  const more = {
    status,
    errors: fieldErrorsOf(errors),
    retryAfter: retryAfter !== null && /^\d{1,9}$/.test(retryAfter) ? Number(retryAfter) : null,
    requestId: headers.get("x-request-id"),
  };
  if (typeof code === "string") {
    return new CallbackError(code, text(detail) ?? text(title) ?? `${what} was refused with ${code}`, more);
  }
  const message = `${what} was answered with ${status}, and not by Bida; is baseUrl right?`;
  return new CallbackError(FOREIGN[status] ?? "bad_response", message, more);
}

const text = (value: unknown) => (typeof value === "string" && value !== "" ? value : undefined);
