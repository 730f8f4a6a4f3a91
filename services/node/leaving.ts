/**
 * The first step of a stop: for a while `/readyz` says 503 and everything else goes on as before, which lets load
 * balancers send callers elsewhere before this node stops listening.
 */
import { setTimeout as pause } from "node:timers/promises";
import type { Middleware, ServiceBroker } from "moleculer";
import type { Config } from "../../core/config.ts";

const leaving = new WeakSet<ServiceBroker>();

/** Whether a stop has begun. */
export const isLeaving = (broker: ServiceBroker): boolean => leaving.has(broker);

/**
 * Puts the delay before the broker's own stop, which would first tell the other nodes that this one offers nothing any more.
 * Only where there are callers to send elsewhere. Who asks for a stop a second time wants it at once.
 */
export function leavingSlowly({ drainDelayMs, services }: Config): Middleware {
  const delayMs = services.includes("api") ? drainDelayMs : 0;
  return {
    name: "LeavingSlowly",
    created(broker: ServiceBroker) {
      const stop = broker.stop.bind(broker);
      const again = new AbortController();
      let stopped: Promise<void> | null = null;
      const slowly = async () => {
        if (delayMs > 0 && broker.started) {
          broker.getLogger("node").info({ delayMs }, "leaving: not ready any more, still listening");
          await pause(delayMs, undefined, { signal: again.signal }).catch(() => undefined);
        }
        await stop();
      };
      broker.stop = () => {
        if (stopped !== null) again.abort();
        leaving.add(broker);
        stopped ??= slowly();
        return stopped;
      };
    },
  } as Middleware;
}
