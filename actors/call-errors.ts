/** From the errors of undici, Node and OpenSSL to the catalogue of `core/outcome.ts`. */
import type { CallError, CallErrorCode } from "../core/outcome.ts";

const BY_CODE: Record<string, CallErrorCode> = {
  BIDA_BLOCKED: "blocked",
  ENOTFOUND: "dns",
  EAI_AGAIN: "dns",
  EAI_NODATA: "dns",
  EAI_NONAME: "dns",
  ECONNREFUSED: "refused",
  UND_ERR_CONNECT_TIMEOUT: "connect_timeout",
  ETIMEDOUT: "connect_timeout",
  ECONNRESET: "reset",
  EPIPE: "reset",
  UND_ERR_SOCKET: "reset",
  UND_ERR_RES_CONTENT_LENGTH_MISMATCH: "reset",
  UND_ERR_HEADERS_OVERFLOW: "too_large_headers",
  HPE_HEADER_OVERFLOW: "too_large_headers",
  EHOSTUNREACH: "unreachable",
  ENETUNREACH: "unreachable",
  EADDRNOTAVAIL: "unreachable",
  EPROTO: "tls",
};

const BY_PREFIX: [RegExp, CallErrorCode][] = [
  [/^(ERR_TLS|ERR_SSL|CERT_|SELF_SIGNED|DEPTH_ZERO|UNABLE_TO|HOSTNAME_MISMATCH)/, "tls"],
  // Undici's parser errors lost their code.
  [/^(HPE_|HTTPParserError$)/, "bad_response"],
  [/^UND_ERR_(INVALID_ARG|NOT_SUPPORTED|REQ_)/, "bad_request"],
];

/** An unknown error is a broken connection, told by its own message: it came from the way to the target. */
export function callErrorOf(error: unknown): CallError {
  const cause = innermost(error);
  const code = String((cause as { code?: unknown }).code ?? "");
  const name = String((cause as { name?: unknown }).name);
  const known = BY_CODE[code] ?? BY_PREFIX.find(([pattern]) => pattern.test(code || name))?.[1];
  const message = cause instanceof Error ? cause.message : String(cause);
  return { code: known ?? "reset", message: message.slice(0, 500) || code || "the connection failed" };
}

/** Several addresses that all failed come as an AggregateError; undici wraps some errors as `cause`. */
function innermost(error: unknown): unknown {
  if (error instanceof AggregateError && error.errors.length > 0) return innermost(error.errors[0]);
  const cause = (error as { cause?: unknown } | null)?.cause;
  return cause instanceof Error && "code" in cause ? innermost(cause) : error;
}
