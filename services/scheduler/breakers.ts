/** Tells what breakers did: in the log, and to anyone who listens. */
import type { Logger, ServiceBroker } from "moleculer";
import { breakerChanges } from "../../core/metrics.ts";
import type { LaneChange } from "../../due/due-set.ts";
import { originsOf } from "../../store/destinations.ts";
import { emit } from "../bus/bus.ts";
import type { Resources } from "../node/resources.ts";

export async function announceBreakers(
  { db, clock }: Pick<Resources, "db" | "clock">,
  broker: ServiceBroker,
  log: Logger,
  changes: LaneChange[],
): Promise<void> {
  if (changes.length === 0) return;
  const lanes = changes.map(({ lane }) => lane);
  const origins = await originsOf(db, lanes).catch(() => new Map<string, string>());
  for (const { lane, breaker, status } of changes) {
    breakerChanges[breaker].inc();
    const origin = origins.get(lane) ?? lane;
    if (breaker === "opened") {
      const meanwhile = "its tasks wait, at no cost of an attempt; it is probed";
      log.warn({ origin, failures: status.failures, meanwhile }, "breaker opened");
      emit(broker, "destination.opened", {
        origin,
        since: new Date(status.openedAt ?? clock.now()).toISOString(),
        failures: status.failures,
      });
    } else {
      log.info({ origin }, "breaker closed");
      emit(broker, "destination.closed", { origin, at: new Date(clock.now()).toISOString() });
    }
  }
}
