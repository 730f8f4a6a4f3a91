/** Asks every node of the cluster the same question, at once. */
import type { ServiceBroker } from "moleculer";
import type { ActionMap } from "../../core/contract.ts";
import { call } from "../bus/call.ts";
import { nodesWith } from "../bus/peers.ts";

/** A node that has not answered by then is shown as down, in ms. Below Prometheus's shortest usual scrape timeout. */
const PATIENCE = 2_000;
/** How long a node that vanished without a word is still shown as down, in ms. One that was stopped is not. */
const REMEMBERED = 5 * 60_000;

type NodeAction = "node.info" | "node.metrics";

export interface NodeAnswer<T> {
  nodeID: string;
  /** Null: the node does not answer. */
  answer: T | null;
}

/** The nodes of the cluster as this one sees them. */
export class Nodes {
  readonly #broker: ServiceBroker;
  /** Those that were seen alive. */
  readonly #seen = new Set<string>();
  /** Node → when it vanished, monotonic ms. */
  readonly #vanished = new Map<string, number>();

  constructor(broker: ServiceBroker) {
    this.#broker = broker;
  }

  /** To be called with Moleculer's `$node.disconnected`. */
  disconnected(nodeID: string, unexpected: boolean): void {
    if (unexpected && this.#seen.has(nodeID)) this.#vanished.set(nodeID, performance.now());
    this.#seen.delete(nodeID);
  }

  /** To be called with `$services.changed`: a node is remembered from the moment it offers its services. */
  look(): string[] {
    const alive = nodesOf(this.#broker);
    for (const nodeID of alive) {
      this.#seen.add(nodeID);
      this.#vanished.delete(nodeID);
    }
    const now = performance.now();
    for (const [nodeID, since] of this.#vanished) if (now - since > REMEMBERED) this.#vanished.delete(nodeID);
    return alive;
  }

  /** Every node's answer, ordered by node; those that vanished lately come without one. */
  async ask<K extends NodeAction>(action: K): Promise<NodeAnswer<ActionMap[K][1]>[]> {
    const alive = this.look();
    const answers = alive.map(async (nodeID) => ({
      nodeID,
      answer: await call(this.#broker, action, {}, { nodeID, timeout: PATIENCE }).catch(() => null),
    }));
    const gone = Array.from(this.#vanished.keys(), (nodeID) => ({ nodeID, answer: null }));
    return [...(await Promise.all(answers)), ...gone].sort((a, b) => (a.nodeID < b.nodeID ? -1 : 1));
  }
}

/** Those that answer `node.info`; other programs on the same NATS are no nodes of ours. */
const nodesOf = (broker: ServiceBroker): string[] => nodesWith(broker, "node.info");
