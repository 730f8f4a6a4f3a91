/** Brokers beside Bida's nodes: one that sees a cluster from the inside, and one as another program has it. */
import { ServiceBroker } from "moleculer";
import { FEATURES } from "../../../services/bus/features.ts";
import { packetGuard } from "../../../services/bus/packet-guard.ts";
import type { BidaNode } from "./node.ts";
import { until } from "./until.ts";

/** As another program has it: Moleculer's defaults, on the cluster's NATS. */
export function neighbour(url: string): ServiceBroker {
  return new ServiceBroker({
    nodeID: `neighbour-${process.pid}-${Math.random().toString(36).slice(2)}`,
    logger: false,
    transporter: { type: "NATS", options: { servers: [url] } },
    requestTimeout: 10_000,
  });
}

/** Resolves when a neighbour can call all of these actions. */
export async function offered(broker: ServiceBroker, actions: string[]): Promise<void> {
  const isOffered = (action: string) => broker.registry.actions.isAvailable(action);
  await until(`${actions.join(", ")} to be offered`, () => actions.every(isOffered));
}

/** A broker of the test's own among Bida's nodes; hears of tasks that are exhausted. */
export function ownBroker(url: string, onAlarm: (taskId: string) => void): ServiceBroker {
  const broker = new ServiceBroker({
    namespace: "bida",
    metadata: { ...FEATURES },
    nodeID: `e2e-${process.pid}-${Math.random().toString(36).slice(2)}`,
    logger: false,
    transporter: { type: "NATS", options: { servers: [url] } },
    requestTimeout: 10_000,
    heartbeatInterval: 2,
    heartbeatTimeout: 6,
    // It is to outlive what tests send to the cluster.
    middlewares: [packetGuard()],
  });
  broker.createService({
    name: "e2e-listener",
    events: {
      "task.exhausted": { handler: (ctx) => onAlarm((ctx.params as { taskId: string }).taskId) },
    },
  });
  return broker;
}

/** Resolves when others see the node with all its services. */
export async function inCluster(broker: ServiceBroker, node: BidaNode): Promise<void> {
  const wanted = (node.env.SERVICES ?? "").split(",");
  const seen = () => {
    const known = broker.registry.getNodeList({ onlyAvailable: true, withServices: true }) as unknown as {
      id: string;
      services: { name: string }[];
    }[];
    const found = known.find(({ id }) => id.includes(`-${node.pid}-`));
    return wanted.every((name) => found?.services.some((service) => service.name === name));
  };
  await until("the node is in the cluster", seen, 90_000).catch((error: Error) => {
    throw new Error(`${error.message}\n${node.log.slice(-3000)}`);
  });
}
