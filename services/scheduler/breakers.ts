/** Tells what breakers did: in the log, and to anyone who listens. */
import type { Logger, ServiceBroker } from "moleculer";
import { iso } from "../../core/clock.ts";
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
    const origin = origins.get(lane);
    const { failures } = status;
    if (breaker === "opened") {
      const meanwhile = "its tasks wait, at no cost of an attempt; it is probed";
      log.warn({ ...(origin ? { origin } : { lane }), failures, meanwhile }, "breaker opened");
    } else log.info(origin ? { origin } : { lane }, "breaker closed");
    // What is told of a lane that has no name cannot be about a destination. The notifiers find it open within a minute.
    if (origin === undefined) continue;
    if (breaker === "opened")
      emit(broker, "destination.opened", { origin, since: iso(status.openedAt ?? clock.now()), failures });
    else emit(broker, "destination.closed", { origin, at: iso(clock.now()) });
  }
}
