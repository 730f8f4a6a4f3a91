/** From the errors of undici, Node and OpenSSL to the catalogue of `core/outcome.ts`. */
import type { CallError, CallErrorCode } from "../core/outcome.ts";
import type { Opening } from "./opening.ts";

/** An answer that we refuse ourselves; the message is for people. */
export class AnswerError extends Error {
  readonly callCode: CallErrorCode;

  constructor(code: CallErrorCode, message: string) {
    super(message);
    this.callCode = code;
  }
}

const BY_CODE: Record<string, CallErrorCode> = {
  BIDA_BLOCKED: "blocked",
  BIDA_DNS: "dns",
  // No attempt is recorded of such a call (`local-failure.ts`).
  BIDA_PROXY: "proxy",
  ECONNREFUSED: "refused",
  UND_ERR_CONNECT_TIMEOUT: "connect_timeout",
  ETIMEDOUT: "connect_timeout",
  ECONNRESET: "reset",
  EPIPE: "reset",
  UND_ERR_SOCKET: "reset",
  // Undici says so of every error of its parser behind a content-length; a body that is too short is `reset`.
  UND_ERR_RES_CONTENT_LENGTH_MISMATCH: "bad_response",
  UND_ERR_HEADERS_OVERFLOW: "too_large_headers",
  HPE_HEADER_OVERFLOW: "too_large_headers",
  EHOSTUNREACH: "unreachable",
  ENETUNREACH: "unreachable",
  EADDRNOTAVAIL: "unreachable",
  // Of this machine; no attempt is recorded of such a call (`local-failure.ts`).
  EMFILE: "unreachable",
  ENFILE: "unreachable",
  ENOMEM: "unreachable",
  ENOBUFS: "unreachable",
  EPROTO: "tls",
  // Undici's own, about an answer that it did not expect.
  ERR_ASSERTION: "bad_response",
};

const BY_PREFIX: [RegExp, CallErrorCode][] = [
  [/^(ERR_TLS|ERR_SSL|CERT_|SELF_SIGNED|DEPTH_ZERO|UNABLE_TO|HOSTNAME_MISMATCH)/, "tls"],
  // Undici's parser errors lost their code.
  [/^(HPE_|HTTPParserError$)/, "bad_response"],
  [/^UND_ERR_(INVALID_ARG|NOT_SUPPORTED|REQ_)/, "bad_request"],
];

/** Where libraries have no words for people. */
const MESSAGES: Partial<Record<string, string>> = {
  ERR_ASSERTION: "the answer breaks the rules of HTTP/1.1",
  UND_ERR_RES_CONTENT_LENGTH_MISMATCH: "the head of the answer breaks the rules of HTTP/1.1",
  UND_ERR_HEADERS_OVERFLOW: "the answer's headers are larger than 16 KiB",
};

/** An unknown error is a broken connection, told by its own message: it came from the way to the target. */
export function callErrorOf(error: unknown): CallError {
  if (error instanceof AnswerError) return { code: error.callCode, message: error.message };
  const cause = innermost(error);
  const code = String((cause as { code?: unknown }).code ?? "");
  const name = String((cause as { name?: unknown }).name);
  const known = BY_CODE[code] ?? BY_PREFIX.find(([pattern]) => pattern.test(code || name))?.[1];
  const message = MESSAGES[code] ?? (cause instanceof Error ? cause.message : String(cause));
  return { code: known ?? "reset", message: message.slice(0, 500) || code || "the connection failed" };
}

/** Of a call whose deadline passed before it had a connection. */
export const unopened = (opening: Opening | null | undefined, timeoutMs: number): CallError =>
  opening?.steps?.named && opening.steps.foundAt === null
    ? { code: "dns", message: `the host name was not resolved within ${timeoutMs} ms` }
    : { code: "connect_timeout", message: `no connection within ${timeoutMs} ms` };

/** The parser's reason, which undici puts into brackets. */
export const parserReason = (message: string): string => /\((.*)\)$/.exec(message)?.[1] ?? message;

/** Several addresses that all failed come as an AggregateError; undici wraps some errors as `cause`. */
function innermost(error: unknown): unknown {
  if (error instanceof AggregateError && error.errors.length > 0) return innermost(error.errors[0]);
  const cause = (error as { cause?: unknown } | null)?.cause;
  return cause instanceof Error && "code" in cause ? innermost(cause) : error;
}
