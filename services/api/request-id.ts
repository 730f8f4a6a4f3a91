/**
 * `X-Request-ID`: what a caller, a proxy before Bida and Bida's log call one request. The caller's own, or one made here; in
 * the answer, in problem documents, and in the lines that the log has of the request, on whichever node they are written.
 */
import { randomUUID } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";

const HEADER = "x-request-id";

/** What proxies and tracers make: UUIDs, ULIDs, hexadecimals, base64, paths of ids. Nothing that could break a log or a header. */
export const REQUEST_ID_FORM = /^[\w.~:/+=@-]{1,128}$/;

/** Two headers of the name arrive as one with a comma in it, which is none. */
export function setRequestId(req: IncomingMessage, res: ServerResponse): void {
  const given = req.headers[HEADER];
  res.setHeader(HEADER, typeof given === "string" && REQUEST_ID_FORM.test(given) ? given : randomUUID());
}

export const requestIdOf = (res: ServerResponse): string => String(res.getHeader(HEADER));
