/** How commands reach Bida: through a broker (a cluster's NATS, or an embedded process's socket), or over HTTP. */
import { randomUUID } from "node:crypto";
import type { ServiceBroker } from "moleculer";
import { aborted } from "../../core/aborted.ts";
import type { Actor } from "../../core/caller.ts";
import type { ActionMap, Health, NodeItem, TaskChange } from "../../core/contract.ts";
import { listen } from "../bus/bus.ts";
import { call } from "../bus/call.ts";
import { nodesWith } from "../bus/peers.ts";
import type { ActionName } from "../bus/types.ts";

export interface LinkOptions {
  /** JSON in tasks stays the text that its caller wrote; see `ExactTaskView`. */
  exact?: true;
  idempotencyKey?: string;
  /** In ms. */
  timeout?: number;
}

/** A node's answer. It was given between these two moments of this machine's clock, in ms. */
export interface AnsweredNode {
  node: NodeItem;
  askedAt: number;
  answeredAt: number;
}

export interface Link {
  /** For people: what it leads to. */
  readonly where: string;
  /** For Moleculer's own commands; over HTTP one that knows nobody. */
  readonly broker: ServiceBroker;
  /** @throws BidaError; Mistake where this way does not lead there */
  call<K extends ActionName>(
    action: K,
    params: ActionMap[K][0],
    options?: LinkOptions,
  ): Promise<ActionMap[K][1]>;
  /** Whether everything that Bida needs is usable, or which part is not. */
  health(): Promise<Health>;
  /** Every node, ordered by its name; one that does not answer has no figures. */
  nodes(): Promise<AnsweredNode[]>;
  /** Hands on what happens to tasks, until `signal`. Resolves then; rejects where the connection ends before. */
  follow(onChanges: (changes: TaskChange[]) => void, signal: AbortSignal): Promise<void>;
  close(): Promise<void>;
}

/** A node that has not answered by then is shown as silent, in ms. */
const PATIENCE = 2_000;

/** Starts to follow, and returns what ends it. */
export type Follow = (onChanges: (changes: TaskChange[]) => void) => Promise<() => Promise<void>>;

/** Of a broker that is in the cluster: the schedulers learn that it listens. */
export const followBy =
  (broker: ServiceBroker): Follow =>
  async (onChanges) =>
    listen(broker, `tail-${randomUUID()}`, { "stream.tasks": ({ items }) => onChanges(items) });

/** @param actor in the audit log */
export function brokerLink(broker: ServiceBroker, actor: Actor, where: string, follow: Follow): Link {
  // Each for itself: others wait for one that is silent, and their clocks go on meanwhile.
  const infoOf = async (nodeID: string): Promise<AnsweredNode> => {
    const askedAt = Date.now();
    const node = await call(broker, "node.info", {}, { nodeID, timeout: PATIENCE, meta: { actor } }).then(
      (info) => ({ up: true, ...info }) as const,
      () => ({ up: false, nodeID }) as const,
    );
    return { node, askedAt, answeredAt: Date.now() };
  };
  return {
    where,
    broker,
    call: (action, params, { timeout, ...meta } = {}) =>
      call(broker, action, params, {
        meta: { actor, ...meta },
        ...(timeout === undefined ? {} : { timeout }),
      }),
    health: () => call(broker, "scheduler.health", {}, { meta: { actor } }),
    nodes: () => Promise.all(nodesWith(broker, "node.info").sort().map(infoOf)),
    async follow(onChanges, signal) {
      const end = await follow(onChanges);
      await aborted(signal);
      await end();
    },
    close: () => broker.stop(),
  };
}
