/**
 * Keeps installations apart that share a NATS. Every node that has a database tells, in Moleculer's own packets about nodes
 * (`metadata`), to which installation that belongs; of nodes of another one the registry learns no services. So nothing is
 * ever asked of them: no claim, no report, no task handed over, no event.
 *
 * A node without a database (`api`, `dispatcher`) learns its installation from the nodes it meets first, and stays with it as long
 * as it runs. Where it meets several at its start it cannot know which one is its own, and takes part in none.
 */
import type { Logger, Middleware, ServiceBroker } from "moleculer";
import { foreignNodes as foreignGauge } from "../../core/metrics.ts";

/** How long a node without a database looks around before it decides, in ms. */
const LOOK_AROUND = 1_000;

/** The part of Moleculer's registry that its types do not show. */
interface Registry {
  processNodeInfo(payload: NodePayload): unknown;
  registerServices(node: unknown, services: object[]): void;
  regenerateLocalRawInfo(incSeq: boolean): unknown;
  nodes: { get(nodeID: string): { available: boolean } | undefined };
}

interface NodePayload {
  sender: string;
  services: object[];
  metadata?: { installation?: unknown };
}

interface Discoverer {
  sendLocalNodeInfo(): Promise<void>;
}

class Neighbours {
  readonly #broker: ServiceBroker;
  readonly #log: Logger;
  readonly #registry: Registry;
  /** Null: not known yet. */
  own: string | null = null;
  /** Nodes that are told apart from ours, or not told apart yet: what they said of themselves last. */
  readonly #strange = new Map<string, NodePayload>();
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
  }

  stop(): void {
    clearTimeout(this.#timer);
  }

  /** Other services of the cluster, and older versions of this one, say nothing of an installation: they are let in. */
  #filtered(payload: NodePayload): NodePayload {
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

  #tell(node: string, installation: string): void {
    this.#log.error(
      { node, installation, own: this.own, meanwhile: "nothing is asked of it" },
      "a node of another installation is on this NATS; give each installation a NATS of its own",
    );
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
    this.#registry.regenerateLocalRawInfo(true);
    const { discoverer } = this.#registry as unknown as { discoverer: Discoverer };
    discoverer.sendLocalNodeInfo().catch(() => undefined);
  }

  #count(): void {
    foreignGauge.set(this.#strange.size);
  }
}

const neighbours = new WeakMap<ServiceBroker, Neighbours>();

/** Tells others to which installation this node's database belongs. To be called before the broker connects. */
export function belongTo(broker: ServiceBroker, installation: string): void {
  neighbours.get(broker)?.settle(installation);
}

/** The installation that this node is of; null while that is not known. */
export const installationOf = (broker: ServiceBroker): string | null => neighbours.get(broker)?.own ?? null;

/** To be named before what opens the database. */
export function foreignNodes(): Middleware {
  return {
    name: "ForeignNodes",
    created(broker: ServiceBroker) {
      neighbours.set(broker, new Neighbours(broker, broker.getLogger("node")));
    },
    async stopping(broker: ServiceBroker) {
      neighbours.get(broker)?.stop();
    },
  } as Middleware;
}
