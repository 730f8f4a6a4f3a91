/**
 * Calls of Bida's own, which came here by an address that no dispatcher knows for Bida's: a load balancer, a tunnel, another
 * installation. A task whose target is the API would make another task with each call, for ever.
 */
import type { IncomingMessage } from "node:http";
import { BidaError } from "../../core/errors.ts";
import { ATTEMPT_HEADER } from "../../core/headers.ts";

/** Callers cannot set the header in a task. @throws BidaError own_callback for a request that is a callback */
export function checkNotOwn(req: IncomingMessage): void {
  if (req.headers[ATTEMPT_HEADER] !== undefined) throw new BidaError("own_callback");
}
