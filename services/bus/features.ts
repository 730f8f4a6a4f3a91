/** What nodes of different versions know of each other, told in the metadata that Moleculer's registry carries. */
import type { ServiceBroker } from "moleculer";
import { nodesWith } from "./peers.ts";

/** In the metadata of every node of this version. */
export const FEATURES = { features: ["handover"] };

/** Whether what tells of itself is a node of Bida's, whatever it runs; other programs' nodes have no such metadata. */
export const isOurs = ({ metadata }: { metadata?: object | null }): boolean =>
  Array.isArray((metadata as { features?: unknown } | null | undefined)?.features);

/**
 * How many schedulers there are, where all of them, and all nodes on which operators act, leave tasks alone whose row is their
 * lease; otherwise 0: an older one would have them called a second time.
 */
export function knowHandovers(broker: ServiceBroker): number {
  const schedulers = nodesWith(broker, "scheduler.claim");
  const others = nodesWith(broker, "admin.retry");
  const { nodes } = broker.registry as unknown as Registry;
  const knows = (nodeID: string) => nodes.get(nodeID)?.metadata?.features?.includes("handover") === true;
  return [...schedulers, ...others].every(knows) ? schedulers.length : 0;
}

/** The part of Moleculer's registry that its types do not show. */
interface Registry {
  nodes: { get(nodeID: string): { metadata?: { features?: string[] } } | undefined };
}
