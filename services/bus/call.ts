/** One call of an action, with types and our errors. */
import { setTimeout as pause } from "node:timers/promises";
import type { ServiceBroker } from "moleculer";
import type { ActionMap } from "../../core/contract.ts";
import type { BidaError } from "../../core/errors.ts";
import type { ActionName, CallOptions } from "./types.ts";
import { fromWire } from "./wire-errors.ts";

/**
 * Calls an action of the node that `options` names, or else of any node that offers it, {@link overRestarts}.
 * @throws BidaError: the action's own refusal, or `unavailable` where nobody answers
 */
export function call<K extends ActionName>(
  broker: ServiceBroker,
  action: K,
  params: ActionMap[K][0],
  options: CallOptions = {},
): Promise<ActionMap[K][1]> {
  const ask = () => callOnce(broker, action, params, options);
  return options.nodeID === undefined ? overRestarts(ask) : ask();
}

/** What Moleculer says, here or at the other end, where no node has begun with a request: it leaves, or offers the action no more. */
const NOT_BEGUN: ReadonlySet<unknown> = new Set(["ServiceNotFoundError", "ServiceNotAvailableError"]);

/** Whether nobody has begun with what was asked for: it may be asked again, whatever it is. */
export const isNotBegun = ({ cause }: BidaError): boolean =>
  NOT_BEGUN.has((cause as Error | undefined)?.name);

/** Before the nodes that are known by then are asked, in ms. In a rolling restart one leaves while the next is getting known. */
const PAUSES = [100, 300, 600];

/** Asks again where nobody has begun with it. */
export async function overRestarts<T>(ask: () => Promise<T>): Promise<T> {
  for (const ms of PAUSES) {
    try {
      return await ask();
    } catch (error) {
      if (!isNotBegun(error as BidaError)) throw error;
      await pause(ms);
    }
  }
  return ask();
}

/** {@link call} without asking again. */
export async function callOnce<K extends ActionName>(
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
