/**
 * Keeps apart from the nodes of this installation what is in their Moleculer namespace by mistake: nodes of another one, and nodes
 * of other programs. Every node that has a database tells, in Moleculer's own packets about nodes (`metadata`), to which
 * installation that belongs; of nodes of another one, and of those that are not Bida's, the registry learns no services. So nothing
 * is ever asked of them: no claim, no report, no task handed over, no event. Nor is what they ask answered.
 *
 * A node without a database (`api`, `dispatcher`) learns its installation from the nodes it meets first, and stays with it as long
 * as it runs. Where it meets several at its start it cannot know which one is its own, and takes part in none.
 */
import { setTimeout as pause } from "node:timers/promises";
import type { Logger, Middleware, ServiceBroker } from "moleculer";
import { BidaError } from "../../core/errors.ts";
import { foreignNodes as foreignGauge } from "../../core/metrics.ts";
import { isOurs } from "../bus/features.ts";
import { tellOwnInfo } from "../bus/own-info.ts";
import type { BidaContext } from "../bus/types.ts";
import { toWire } from "../bus/wire-errors.ts";

/** How long a node without a database looks around before it decides, in ms. */
const LOOK_AROUND = 1_000;
/** How long a node that asks for something gets to say who it is, in ms, and how often that is looked for. */
const INTRODUCTION = 2_000;
/** So many nodes of other programs are told of. */
const MAX_TOLD = 1_000;
const LOOK_EVERY = 20;

/** Event of this broker alone: it knows now to which installation it belongs, and so which of the nodes that it met are its own. */
export const SETTLED = "$installation.settled";
/** Of a node of another installation, once. */
export const FOREIGN_LINE =
  "a node of another installation is on this NATS; give each installation a NATS or a BIDA_NAMESPACE of its own";
/** Of a node of another program, once. */
export const STRANGER_LINE = "a node that is not Bida's is in the Moleculer namespace of Bida's own nodes";

/** The part of Moleculer's registry that its types do not show. */
interface Registry {
  processNodeInfo(payload: NodePayload): unknown;
  registerServices(node: unknown, services: object[]): void;
  nodes: { get(nodeID: string): { available: boolean; metadata: object | null } | undefined };
  discoverer: { discoverNode(nodeID: string): Promise<void> };
}

interface NodePayload {
  sender: string;
  services: object[];
  metadata?: { installation?: unknown };
}

class Membership {
  readonly #broker: ServiceBroker;
  readonly #log: Logger;
  readonly #registry: Registry;
  /** Null: not known yet. */
  own: string | null = null;
  /** Nodes that are told apart from ours, or not told apart yet: what they said of themselves last. */
  readonly #strange = new Map<string, NodePayload>();
  /** Nodes of other programs that were told of. */
  readonly #strangers = new Set<string>();
  #timer: NodeJS.Timeout | undefined;
  #undecided = false;

  constructor(broker: ServiceBroker, log: Logger) {
    this.#broker = broker;
    this.#log = log;
    this.#registry = broker.registry as unknown as Registry;
    const process = this.#registry.processNodeInfo.bind(this.#registry);
    this.#registry.processNodeInfo = (payload) => process(this.#filtered(payload));
    broker.localBus.on("$node.disconnected", ({ node }: { node: { id: string } }) => {
      if (this.#strange.delete(node.id)) this.#count();
      if (this.own === null) this.#lookAround();
    });
  }

  /** To be called before the node meets others, or when it has decided. */
  settle(installation: string): void {
    this.own = installation;
    clearTimeout(this.#timer);
    // In the packets about this node from now on.
    this.#broker.metadata.installation = installation;
    this.#broker.broadcastLocal(SETTLED);
  }

  stop(): void {
    clearTimeout(this.#timer);
  }

  /**
   * Whether a node may ask for inner actions: one of Bida's, of this installation or of one that is not known yet. One that was
   * not heard of yet is asked who it is.
   */
  async admits(nodeID: string): Promise<boolean> {
    const until = performance.now() + INTRODUCTION;
    const { nodes, discoverer } = this.#registry;
    if (!nodes.get(nodeID)) await discoverer.discoverNode(nodeID);
    while (!nodes.get(nodeID) && performance.now() < until) await pause(LOOK_EVERY);
    return this.knows(nodeID);
  }

  /** {@link admits}, of a node that was heard of. */
  knows(nodeID: string): boolean {
    const node = this.#registry.nodes.get(nodeID);
    if (!node || !isOurs(node)) return false;
    const { installation } = (node.metadata ?? {}) as { installation?: string };
    return installation === undefined || this.own === null || installation === this.own;
  }

  #filtered(payload: NodePayload): NodePayload {
    if (!isOurs(payload)) {
      this.#tellOfStranger(payload.sender);
      return { ...payload, services: [] };
    }
    const installation = payload.metadata?.installation;
    if (typeof installation !== "string" || installation === this.own) {
      if (this.#strange.delete(payload.sender)) this.#count();
      return payload;
    }
    const isNew = !this.#strange.has(payload.sender);
    this.#strange.set(payload.sender, payload);
    if (this.own === null) this.#lookAround();
    else {
      this.#count();
      if (isNew) this.#tell(payload.sender, installation);
    }
    return { ...payload, services: [] };
  }

  #tellOfStranger(node: string): void {
    if (this.#strangers.has(node) || this.#strangers.size >= MAX_TOLD) return;
    this.#strangers.add(node);
    const meanwhile = "it is not answered; other programs call Bida in the namespaces of BIDA_RPC_NAMESPACES";
    this.#log.error({ node, namespace: this.#broker.namespace, meanwhile }, STRANGER_LINE);
  }

  #tell(node: string, installation: string): void {
    this.#log.error({ node, installation, own: this.own, meanwhile: "nothing is asked of it" }, FOREIGN_LINE);
  }

  #lookAround(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#decide(), LOOK_AROUND);
  }

  #decide(): void {
    const met = new Set(Array.from(this.#strange.values(), ({ metadata }) => String(metadata?.installation)));
    if (met.size > 1 && !this.#undecided) {
      this.#undecided = true;
      const meanwhile = "this node takes part in none, until only one is left";
      this.#log.error({ installations: [...met], meanwhile }, "several installations are on this NATS");
    }
    const [installation] = met;
    if (met.size !== 1 || installation === undefined) return;
    if (this.#undecided) this.#log.info({ installation }, "only one installation is left on this NATS");
    this.#undecided = false;
    this.settle(installation);
    const ours = [...this.#strange.values()];
    this.#strange.clear();
    for (const { sender, services } of ours) {
      const node = this.#registry.nodes.get(sender);
      if (node?.available) this.#registry.registerServices(node, services);
    }
    tellOwnInfo(this.#broker);
  }

  #count(): void {
    foreignGauge.set(this.#strange.size);
  }
}

const memberships = new WeakMap<ServiceBroker, Membership>();

/** Tells others to which installation this node's database belongs. To be called before the broker connects. */
export function belongTo(broker: ServiceBroker, installation: string): void {
  memberships.get(broker)?.settle(installation);
}

/** The installation that this node is of; null while that is not known. */
export const installationOf = (broker: ServiceBroker): string | null => memberships.get(broker)?.own ?? null;

/** To be named before what opens the database. */
export function foreignNodes(): Middleware {
  return {
    name: "ForeignNodes",
    created(broker: ServiceBroker) {
      memberships.set(broker, new Membership(broker, broker.getLogger("node")));
    },
    localAction(next: (ctx: BidaContext) => Promise<unknown>) {
      return async (ctx: BidaContext) => {
        const { broker, nodeID } = ctx;
        const known = memberships.get(broker);
        if (!known || nodeID === broker.nodeID || nodeID === null || known.knows(nodeID)) return next(ctx);
        if (await known.admits(nodeID)) return next(ctx);
        throw toWire(new BidaError("forbidden", "This action is for Bida's own nodes"), () => undefined);
      };
    },
    async stopping(broker: ServiceBroker) {
      memberships.get(broker)?.stop();
    },
  } as unknown as Middleware;
}
