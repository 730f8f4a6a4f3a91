/** Telling services of other programs what became of tasks. Bida's own nodes use `emit` and `broadcast` of `bus.ts`. */
import type { ServiceBroker } from "moleculer";
import type { EventMap } from "../../core/contract.ts";
import type { PublicEvent } from "../../core/public-actions.ts";

/** A way to other programs' services. A hint, as all events: lost while NATS is away. */
export interface Announcing {
  /** Whether anybody listens; what nobody hears need not be put together. */
  hears(event: PublicEvent): boolean;
  tell<K extends PublicEvent>(event: K, payload: EventMap[K]): void;
}

const ways = new WeakMap<ServiceBroker, Announcing[]>();

export function announceThrough(broker: ServiceBroker, announcing: Announcing[]): void {
  ways.set(broker, announcing);
}

export const isHeardOutside = (broker: ServiceBroker, event: PublicEvent): boolean =>
  ways.get(broker)?.some((way) => way.hears(event)) ?? false;

export function announce<K extends PublicEvent>(broker: ServiceBroker, event: K, payload: EventMap[K]): void {
  for (const way of ways.get(broker) ?? []) if (way.hears(event)) way.tell(event, payload);
}
