/**
 * Calls of Bida's own, which came here by an address that no dispatcher knows for Bida's: a load balancer, a tunnel, another
 * installation. A task whose target is the API would make another task with each call, for ever.
 */
import type { IncomingMessage } from "node:http";
import { BidaError } from "../../core/errors.ts";
import { ATTEMPT_HEADER } from "../../core/headers.ts";

/** The refusal of a request that is a callback; null for others. Callers cannot set the header in a task. */
export const ownCall = (req: IncomingMessage): BidaError | null =>
  req.headers[ATTEMPT_HEADER] === undefined ? null : new BidaError("own_callback");
