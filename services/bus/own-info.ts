/** What this node tells others of itself, in Moleculer's own packets: made anew when something in it has changed. */
import type { ServiceBroker } from "moleculer";

/** The parts of Moleculer's registry that its types do not show. */
interface Registry {
  regenerateLocalRawInfo(incSeq: boolean, isStopping: boolean): unknown;
  discoverer: { sendLocalNodeInfo(): Promise<void> };
}

/** Others hear of the change when they ask. A node that stops has told them that it offers nothing, and that stays so. */
export function renewOwnInfo(broker: ServiceBroker): void {
  (broker.registry as unknown as Registry).regenerateLocalRawInfo(true, broker.stopping);
}

/** As {@link renewOwnInfo}, and others are told at once. */
export function tellOwnInfo(broker: ServiceBroker): void {
  renewOwnInfo(broker);
  (broker.registry as unknown as Registry).discoverer.sendLocalNodeInfo().catch(() => undefined);
}
