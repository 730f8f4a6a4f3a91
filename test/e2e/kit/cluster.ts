/** The world of many processes: MariaDB, Redis, NATS, and nodes that share the services between them. */
import type { ServiceBroker } from "moleculer";
import { mysqlDatabase, redisUrl } from "../../servers/env.ts";
import * as nats from "../../servers/nats.ts";
import { freePort } from "../../servers/ports.ts";
import { dataFolder, type TestServer } from "../../servers/server.ts";
import { BidaNode, type Environment } from "./node.ts";
import { inCluster, neighbour, offered, ownBroker } from "./observer.ts";
import { Receiver } from "./receiver.ts";
import { until } from "./until.ts";
import { SECRET_KEY, World } from "./world.ts";

/** What each node runs, and what its environment has beside. The first has the REST API. */
export interface NodePlan {
  services: string;
  env?: Environment;
}

export const USUAL: NodePlan[] = [
  { services: "api,admin,notifier" },
  { services: "scheduler,dispatcher" },
  { services: "scheduler,dispatcher" },
];

export interface ClusterOptions {
  plan?: NodePlan[];
  /** For all nodes. */
  env?: Environment;
  /** Instead of a fresh one on the shared server. */
  databaseUrl?: string;
  /** More of the NATS server's. */
  busOptions?: string[];
  /** Another cluster's NATS, instead of one of its own. */
  bus?: TestServer;
}

export class Cluster extends World {
  /** Another Node service on the same NATS, as callers have. */
  readonly broker: ServiceBroker;
  /** A node among Bida's own. */
  readonly inside: ServiceBroker;
  /** Starts one more node; resolves when it is in the cluster. */
  readonly join: (plan: NodePlan) => Promise<BidaNode>;
  readonly redisUrl: string;
  /** NATS. */
  readonly bus: TestServer;

  /** Resolves when the others have noticed that a killed node is gone. */
  async noticed(node: BidaNode): Promise<void> {
    const isKnown = () =>
      (this.inside.registry.getNodeList({ onlyAvailable: true }) as unknown as { id: string }[]).some(
        ({ id }) => id.includes(`-${node.pid}-`),
      );
    await until("the killed node to be noticed", () => !isKnown());
    // The API's own view: half of the calls would still go to the dead node.
    const answers = await Promise.all([1, 2, 3, 4].map(() => this.api("GET", "/readyz")));
    if (answers.some(({ status }) => status !== 200))
      await until("ready", async () => (await this.api("GET", "/readyz")).status === 200);
  }

  constructor(
    parts: ConstructorParameters<typeof World>[0],
    brokers: { broker: ServiceBroker; inside: ServiceBroker },
    join: Cluster["join"],
    servers: { redisUrl: string; bus: TestServer },
  ) {
    super(parts);
    this.redisUrl = servers.redisUrl;
    this.bus = servers.bus;
    this.broker = brokers.broker;
    this.inside = brokers.inside;
    this.join = join;
  }
}

/** Starts servers, nodes and an own broker; resolves when every node is in the cluster and the API is ready. */
export async function startCluster({
  plan = USUAL,
  env = {},
  databaseUrl,
  busOptions = [],
  bus: sharedBus,
}: ClusterOptions = {}): Promise<Cluster> {
  const [database, redis, bus, receiver] = await Promise.all([
    databaseUrl ?? mysqlDatabase(),
    redisUrl(),
    // Usually its own: every cluster has the same namespace.
    sharedBus ?? nats.start(busOptions),
    Receiver.start(),
  ]);
  const alarms: string[] = [];
  const inside = ownBroker(bus.url, (taskId) => alarms.push(taskId));
  const broker = neighbour(bus.url);
  await Promise.all([inside.start(), broker.start()]);
  const nodes: BidaNode[] = [];
  const shared: Environment = {
    BIDA_DATABASE_URL: database,
    BIDA_REDIS_URL: redis,
    BIDA_NATS_URL: bus.url,
    BIDA_SECRET_KEY: SECRET_KEY,
    BIDA_EGRESS_ALLOW: "127.0.0.0/8",
    ...env,
  };
  const start = async ({ services, env: own = {} }: NodePlan) => {
    const [port, folder] = [await freePort(), dataFolder("e2e")];
    const node = new BidaNode({
      ...shared,
      BIDA_PORT: String(port),
      BIDA_DATA_DIR: folder,
      SERVICES: services,
      ...own,
    });
    nodes.push(node);
    return node;
  };
  const join = async (one: NodePlan) => {
    const node = await start(one);
    await inCluster(inside, node);
    return node;
  };
  for (const one of plan) await start(one);
  await Promise.all(nodes.map((node) => inCluster(inside, node)));
  await nodes[0]?.ready();
  const runs = plan.flatMap(({ services }) => services.split(","));
  const asked = ["scheduler", "admin"].filter((name) => runs.includes(name));
  await offered(
    broker,
    asked.map((name) => (name === "admin" ? "bida.admin.list" : "bida.scheduler.submit")),
  );
  const parts = {
    kind: "cluster" as const,
    nodes,
    receiver,
    database: { databaseUrl: database, dataDir: "" },
    alarms: (taskId: string) => alarms.filter((id) => id === taskId).length,
    async stop() {
      await Promise.all(nodes.map((node) => node.stop()));
      await Promise.all([inside.stop(), broker.stop()]);
      await Promise.all([receiver.stop(), sharedBus ?? bus.stop()]);
    },
  };
  return new Cluster(parts, { broker, inside }, join, { redisUrl: redis, bus });
}
