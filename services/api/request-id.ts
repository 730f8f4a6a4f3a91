/**
 * `X-Request-ID`: what a caller, a proxy before Bida and Bida's log call one request. The caller's own, or one made here; in
 * the answer, in problem documents, and in the lines that the log has of the request, on whichever node they are written.
 */
import { randomUUID } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";

const HEADER = "x-request-id";

/** What proxies and tracers make: UUIDs, ULIDs, hexadecimals, base64, paths of ids. Nothing that could break a log or a header. */
const WELL_FORMED = /^[\w.~:/+=@-]{1,128}$/;

/** Two headers of the name arrive as one with a comma in it, which is none. */
export function setRequestId(req: IncomingMessage, res: ServerResponse): void {
  const given = req.headers[HEADER];
  const id = typeof given === "string" && WELL_FORMED.test(given) ? given : randomUUID();
  // The gateway sets the header again, to what stands in these.
  req.headers[HEADER] = id;
  if (req.headers["x-correlation-id"] !== undefined) delete req.headers["x-correlation-id"];
  res.setHeader(HEADER, id);
}

export const requestIdOf = (res: ServerResponse): string => String(res.getHeader(HEADER));
