/** Errors as RFC 9457 problem documents. Nothing of an unexpected error reaches the caller. */
import { randomUUID } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import { BidaError, isRefusalCode, type RefusalCode } from "../../core/errors.ts";
import { refusals } from "../../core/metrics.ts";
import { requestIdOf } from "./request-id.ts";

/** What an error of the gateway or of body parsing means to the caller. */
export function refusalOf(error: unknown): BidaError {
  if (error instanceof BidaError) return error;
  const { type, code, status, name } = error as {
    type?: unknown;
    code?: unknown;
    status?: unknown;
    name?: string;
  };
  const known = BY_TYPE.get(String(type)) ?? BY_TYPE.get(String(name));
  if (known) return new BidaError(known, DETAILS.get(known));
  if (isRefusalCode(type)) return new BidaError(type);
  const number = typeof status === "number" ? status : code;
  if (number === 404) return new BidaError("not_found");
  return typeof number === "number" && number >= 400 && number < 500
    ? new BidaError("invalid_json")
    : new BidaError("internal", undefined, { cause: error });
}

/** Types of body-parser and of the gateway. */
const BY_TYPE = new Map<string, RefusalCode>(
  Object.entries({
    "entity.too.large": "body_too_large",
    "entity.parse.failed": "invalid_json",
    "entity.verify.failed": "invalid_json",
    "encoding.unsupported": "unsupported_media_type",
    "charset.unsupported": "unsupported_media_type",
    "request.aborted": "invalid_json",
    "request.size.invalid": "invalid_json",
    NOT_FOUND: "not_found",
    ServiceNotFoundError: "not_found",
    PayloadTooLarge: "body_too_large",
  }),
);

export const NO_PATH = "There is no such path: the API's begin with /v1, and /docs lists them";
/** Of refusals that come from the gateway itself. */
const DETAILS = new Map<RefusalCode, string>([["not_found", NO_PATH]]);

/** Answers what Node's HTTP parser refused, on the bare socket: there is no request to answer. */
export function sendBareProblem(socket: Duplex, error: NodeJS.ErrnoException): void {
  if (!socket.writable || error.code === "ECONNRESET") {
    socket.destroy();
    return;
  }
  const refusal = new BidaError(error.code === "HPE_HEADER_OVERFLOW" ? "headers_too_large" : "invalid_http");
  refusals.labels("rest", refusal.code).inc();
  const requestId = randomUUID();
  const body = documentOf(refusal, requestId);
  socket.end(
    `HTTP/1.1 ${refusal.status} Refused\r\ncontent-type: ${PROBLEM_TYPE}\r\nx-request-id: ${requestId}\r\n` +
      `content-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`,
  );
}

export function sendProblem(res: ServerResponse, refusal: BidaError): void {
  if (res.headersSent) {
    res.destroy();
    return;
  }
  refusals.labels("rest", refusal.code).inc();
  res.statusCode = refusal.status;
  res.setHeader("content-type", PROBLEM_TYPE);
  if (refusal.retryAfter !== undefined) res.setHeader("retry-after", String(refusal.retryAfter));
  if (refusal.code === "unauthorized") res.setHeader("www-authenticate", challengeOf(res.req));
  end(res, refusal, documentOf(refusal, requestIdOf(res)));
}

/** How long the rest of a body that was refused for its size is read and thrown away, in ms. */
const LINGER = 3_000;

/**
 * Ends an answer. Where the rest of the body is not wanted, the connection cannot be used again; but to close it while
 * the caller still sends would reset it, and the caller might never see the answer (RFC 9112, section 9.6).
 */
export function end(res: ServerResponse, refusal: BidaError, body: string): void {
  if (refusal.code !== "body_too_large") {
    res.end(body);
    return;
  }
  res.setHeader("connection", "close");
  res.setHeader("content-length", Buffer.byteLength(body));
  res.write(body);
  const close = () => {
    clearTimeout(timer);
    res.end();
  };
  const timer = setTimeout(close, LINGER);
  res.req.once("end", close).once("close", close).resume();
}

/** To a challenge of Basic a browser answers with its own login window; a page of ours shows its own. */
function challengeOf(req: IncomingMessage): string {
  const { cookie = "", "sec-fetch-dest": dest } = req.headers;
  const isPage = dest === "empty" || req.headers["x-requested-with"] !== undefined;
  return isPage || cookie.includes("bida_session=")
    ? 'Session realm="Bida"'
    : 'Basic realm="Bida", charset="UTF-8"';
}

const PROBLEM_TYPE = "application/problem+json; charset=utf-8";

function documentOf({ status, title, code, message, errors }: BidaError, requestId: string): string {
  const type = `/docs/errors#${code}`;
  return JSON.stringify({ type, title, status, code, detail: message, errors, requestId });
}
