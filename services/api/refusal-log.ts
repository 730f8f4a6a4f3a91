/** What a request is refused with, and the log's line of it. */
import type { ServerResponse } from "node:http";
import type { Logger } from "moleculer";
import type { BidaError } from "../../core/errors.ts";
import { refusalOf } from "./problem.ts";
import { requestIdOf } from "./request-id.ts";

/** What an error means to the caller, written down under the request's id: refusals at level debug. */
export function loggedRefusal(logger: Logger, res: ServerResponse, error: unknown): BidaError {
  const refusal = refusalOf(error);
  const requestId = requestIdOf(res);
  const { code, status } = refusal;
  if (code === "internal") logger.error({ err: refusal.cause ?? error, requestId }, "request failed");
  else logger.debug({ requestId, status, code, detail: refusal.message }, "request refused");
  return refusal;
}
