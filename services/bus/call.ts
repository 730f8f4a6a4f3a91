/** One call of an action, with types and our errors. */
import type { ServiceBroker } from "moleculer";
import type { ActionMap } from "../../core/contract.ts";
import type { ActionName, CallOptions } from "./types.ts";
import { fromWire } from "./wire-errors.ts";

/** @throws BidaError: the action's own refusal, or `unavailable` where nobody answers */
export async function call<K extends ActionName>(
  broker: ServiceBroker,
  action: K,
  params: ActionMap[K][0],
  options: CallOptions = {},
): Promise<ActionMap[K][1]> {
  try {
    // Untracked: Moleculer never forgets a tracked call that timed out, and a stop would wait for it. What a stop has to
    // wait for is tracked where it begins, in the action that makes this call.
    return (await broker.call(action, params, { ...options, tracking: false } as never)) as ActionMap[K][1];
  } catch (error) {
    throw fromWire(error);
  }
}
