/**
 * Where Bida's nodes listen: each tells it in Moleculer's own packets about nodes (`metadata`), and dispatchers call none of
 * these addresses. (What leads there by another address, a load balancer's say, is recognised by its header, see
 * `services/api/own-calls.ts`.)
 */
import os from "node:os";
import type { ServiceBroker } from "moleculer";
import { ANY_LOOPBACK, addressKey, listenerKey } from "../../core/egress.ts";
import { renewOwnInfo, tellOwnInfo } from "../bus/own-info.ts";

/** Told by a node of itself. */
export interface Listener {
  /** As it was bound, or an address of the machine where that is a wildcard. */
  address: string;
  port: number;
}

/** A node has one or two, each at a few addresses; more than this are a lie. */
const MAX_LISTENERS = 256;
/** How often it is looked whether the machine has other addresses, in ms. */
const LOOK_MS = 30_000;

const WILDCARDS = new Set(["0.0.0.0", "::"]);
const isLoopback = (address: string) => address === "::1" || address.startsWith("127.");

/** The part of Moleculer's registry that its types do not show. */
interface Registry {
  nodes: { list(options: { onlyAvailable: boolean }): KnownNode[] };
}

export interface KnownNode {
  hostname?: string;
  local?: boolean;
  metadata?: { listeners?: unknown; installation?: unknown } | null;
}

/** Tells others that this node listens; to be called once the socket is bound. @returns ends it */
export function announce(
  broker: ServiceBroker,
  bound: Listener,
  addressesOf: () => string[] = addressesOfMachine,
): () => void {
  let told: Listener[] = [];
  const tell = () => {
    const places = WILDCARDS.has(bound.address)
      ? [bound, ...addressesOf().map((address) => ({ address, port: bound.port }))]
      : [bound];
    if (JSON.stringify(places) === JSON.stringify(told)) return;
    replace(broker, told, places);
    told = places;
  };
  tell();
  const timer = setInterval(tell, LOOK_MS).unref();
  return () => {
    clearInterval(timer);
    replace(broker, told, []);
    told = [];
  };
}

function addressesOfMachine(): string[] {
  try {
    return Object.values(os.networkInterfaces()).flatMap((some) => some?.map(({ address }) => address) ?? []);
  } catch {
    // It takes a socket to find out, and there may be no room for one.
    return [];
  }
}

function replace(broker: ServiceBroker, former: Listener[], next: Listener[]): void {
  const known = (broker.metadata.listeners ?? []) as Listener[];
  broker.metadata.listeners = [...known.filter((one) => !former.includes(one)), ...next];
  if (broker.started) tellOwnInfo(broker);
  else renewOwnInfo(broker);
  broker.broadcastLocal(CHANGED);
}

/** Event of this broker alone: it listens somewhere else. */
export const CHANGED = "$listeners.changed";

/** The listeners of all nodes that are there, this one's included, as they stand in `EgressRules.own`. */
export function listenersOf(broker: ServiceBroker, hostname = os.hostname()): string[] {
  const nodes = (broker.registry as unknown as Registry).nodes.list({ onlyAvailable: true });
  const own = broker.metadata.installation;
  // Another installation's are none of ours, and a node that says nothing of an installation may be anybody's service.
  const ours = nodes.filter(({ local, metadata }) => local || (own && metadata?.installation === own));
  return [...new Set(ours.flatMap((node) => keysOf(node, node.local || node.hostname === hostname)))].sort();
}

/** @param here it is on this machine: its loopback addresses are ours */
function keysOf({ metadata }: KnownNode, here: boolean): string[] {
  const listeners = Array.isArray(metadata?.listeners) ? metadata.listeners.slice(0, MAX_LISTENERS) : [];
  return listeners.flatMap((listener: Partial<Listener> | null) => {
    const { address, port } = listener ?? {};
    if (typeof address !== "string" || !Number.isInteger(port)) return [];
    if (WILDCARDS.has(address)) return here ? [listenerKey(ANY_LOOPBACK, port as number)] : [];
    const key = addressKey(address);
    return key === null || (isLoopback(key) && !here) ? [] : [listenerKey(key, port as number)];
  });
}
