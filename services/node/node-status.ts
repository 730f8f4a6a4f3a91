/**
 * What a node says of itself, to `GET /v1/nodes` and `/metrics`. Anyone who has something to tell contributes it here, so
 * this file knows none of them.
 */
import type { ServiceBroker } from "moleculer";
import type { NodeInfo } from "../../core/contract.ts";

/** One part's share. */
export interface NodePart {
  /** Its figures of {@link NodeInfo}. */
  info?(): Partial<NodeInfo>;
  /** Brings its gauges up to date before they are read. One that fails leaves them as they are. */
  sample?(): void | Promise<void>;
}

/** How long one part's `sample` may take, in ms: a scrape must not hang on Redis. */
const SAMPLE_TIME = 1_000;

const parts = new WeakMap<ServiceBroker, NodePart[]>();

export function contribute(broker: ServiceBroker, part: NodePart): void {
  const known = parts.get(broker) ?? [];
  known.push(part);
  parts.set(broker, known);
}

export function contributedInfo(broker: ServiceBroker): Partial<NodeInfo> {
  return Object.assign({}, ...(parts.get(broker) ?? []).map((part) => part.info?.()));
}

export async function sampleAll(broker: ServiceBroker): Promise<void> {
  const samples = (parts.get(broker) ?? []).map(async (part) => part.sample?.());
  const patience = Promise.withResolvers<void>();
  const timer = setTimeout(patience.resolve, SAMPLE_TIME);
  await Promise.race([Promise.allSettled(samples), patience.promise]);
  clearTimeout(timer);
}
