/**
 * A whole cluster that may be ruined: MariaDB, Redis and NATS of its own, and nodes on seats, split as in
 * docker-compose.yml. Every node reaches every server through a proxy of its own.
 */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { ServiceBroker } from "moleculer";
import { createConnection } from "mysql2/promise";
import type { Environment } from "../../e2e/kit/node.ts";
import { inCluster, ownBroker } from "../../e2e/kit/observer.ts";
import { SECRET_KEY } from "../../e2e/kit/world.ts";
import * as mariadb from "../../servers/mariadb.ts";
import * as nats from "../../servers/nats.ts";
import { freePort } from "../../servers/ports.ts";
import * as redis from "../../servers/redis.ts";
import { type TestServer, temporaryFolder } from "../../servers/server.ts";
import { Balancer } from "./balancer.ts";
import { Link } from "./link.ts";
import { NameServer } from "./name-server.ts";
import type { Sampling } from "./samples.ts";
import { type Role, SERVERS, Seat, type ServerName } from "./seat.ts";
import { buildClockShift, WallClock } from "./wall-clock.ts";

const SERVICES: Record<Role, string> = {
  api: "api,admin,notifier",
  scheduler: "scheduler",
  dispatcher: "dispatcher",
};

export interface SystemOptions {
  schedulers: number;
  dispatchers: number;
  leaseMs: number;
  /** For all nodes. */
  env?: Environment;
  /** See sampled.mjs. */
  sampling?: Sampling;
}

/** MySQL's user of all nodes: it is not above `read_only`, as root is. */
const DATABASE_USER = "bida";
/** A message of NATS may be so long unless a fault says otherwise: NATS's own default, in bytes. */
const MAX_PAYLOAD = 1024 * 1024;
export class System {
  /** Those that nodes are led to. */
  readonly servers: Record<ServerName, TestServer>;
  /** Servers that wait to take the place of another; started when they are first asked for. */
  readonly #spares: Partial<Record<ServerName, TestServer>> = {};
  readonly seats: Seat[];
  /** A database connection's URL past all proxies, root's. */
  databaseUrl: string;
  /** Callers come through it. */
  readonly balancer = new Balancer();
  /** Redis's wall clock; null on a machine without a C compiler. */
  readonly redisClock: WallClock | null;
  readonly names: NameServer;
  /** Tasks that were called before the database was set back to a moment before them. */
  readonly undone = new Set<string>();
  readonly #natsConfig: string;
  /** Processes that ended although nobody ended them. */
  readonly deaths: string[];
  readonly broker: ServiceBroker;
  readonly #options: SystemOptions;

  private constructor(
    parts: Pick<
      System,
      "servers" | "seats" | "databaseUrl" | "deaths" | "broker" | "redisClock" | "names"
    > & { natsConfig: string },
    options: SystemOptions,
  ) {
    this.redisClock = parts.redisClock;
    this.names = parts.names;
    this.#natsConfig = parts.natsConfig;
    this.#options = options;
    this.servers = parts.servers;
    this.seats = parts.seats;
    this.databaseUrl = parts.databaseUrl;
    this.deaths = parts.deaths;
    this.broker = parts.broker;
  }

  /** Starts everything; resolves when every node is in the cluster and the API is ready. */
  static async start(options: SystemOptions): Promise<System> {
    const { schedulers, dispatchers } = options;
    const library = buildClockShift();
    const redisClock = library === null ? null : new WallClock(library);
    const natsConfig = join(temporaryFolder("nats"), "nats.conf");
    writeFileSync(natsConfig, `max_payload: ${MAX_PAYLOAD}\n`);
    const [db, cache, bus, names] = await Promise.all([
      startDatabase(),
      redis.start([], redisClock?.env),
      nats.start(["-c", natsConfig]),
      NameServer.start(),
    ]);
    const servers = { mariadb: db, redis: cache, nats: bus };
    const databaseUrl = await mariadb.createDatabase(db);
    const roles: Role[] = [
      "api",
      ...Array<Role>(schedulers).fill("scheduler"),
      ...Array<Role>(dispatchers).fill("dispatcher"),
    ];
    const broker = ownBroker(bus.url, () => {});
    await broker.start();
    const parts = { servers, seats: [], databaseUrl, deaths: [], broker, redisClock, names, natsConfig };
    const system = new System(parts, options);
    await system.balancer.start();
    for (const role of roles) await system.#seat(role);
    await Promise.all(system.seats.map((seat) => system.joined(seat)));
    await Promise.all(system.of("api").map(({ node }) => node.ready(60_000)));
    await system.balancer.sees(system.of("api").map(({ port }) => port));
    return system;
  }

  of(role: Role): Seat[] {
    return this.seats.filter((seat) => seat.role === role);
  }

  /** One more node; resolves when it is in the cluster. */
  async join(role: Role): Promise<Seat> {
    const seat = await this.#seat(role);
    await this.joined(seat);
    return seat;
  }

  /** Takes a node out for good. */
  async leave(seat: Seat): Promise<void> {
    await seat.end("SIGTERM");
    this.seats.splice(this.seats.indexOf(seat), 1);
    await Promise.all(Object.values(seat.links).map((link) => link.stop()));
  }

  /** Resolves when others see the node with its services. */
  async joined({ node }: Seat): Promise<void> {
    await inCluster(this.broker, node);
  }

  async #seat(role: Role): Promise<Seat> {
    const links = await linksTo(this.servers);
    const name = `${role}-${this.of(role).length + 1}`;
    const ports = { mariadb: links.mariadb.port, redis: links.redis.port, nats: links.nats.port };
    const env = await environment(name, role, ports, this.databaseUrl, this.names, this.#options);
    const seat = new Seat({ name, role, links, env }, (dead, how) =>
      this.deaths.push(
        `${dead.name} ended by itself (${how}); its last words: ${dead.node.log.slice(-2000)}`,
      ),
    );
    this.seats.push(seat);
    return seat;
  }

  /** A server that has nothing yet, to take the place of `name`'s. */
  async spare(name: "mariadb" | "redis"): Promise<TestServer> {
    this.#spares[name] ??= await (name === "mariadb"
      ? startDatabase()
      : redis.start([], this.redisClock?.env));
    return this.#spares[name];
  }

  /** The name of a server moves to its spare: new connections go there, those that are open stay. @returns the former one */
  moveToSpare(name: "mariadb" | "redis"): TestServer {
    const [former, next] = [this.servers[name], this.#spares[name] as TestServer];
    this.servers[name] = next;
    this.#spares[name] = former;
    for (const { links } of this.seats) links[name].retarget(next.port);
    if (name === "mariadb") {
      const url = new URL(this.databaseUrl);
      url.port = String(next.port);
      this.databaseUrl = url.href;
    }
    return former;
  }

  /** NATS is started anew, and takes messages of so many bytes; without: as usual. */
  async restartNats(maxPayload: number = MAX_PAYLOAD): Promise<void> {
    writeFileSync(this.#natsConfig, `max_payload: ${maxPayload}\n`);
    await this.servers.nats.restart("SIGKILL");
  }

  /** The environment of a node that stands beside the seats, as another installation's would. */
  async foreignEnvironment(role: Role, databaseUrl: string, redisUrl: string): Promise<Environment> {
    const portOf = (url: string) => Number(new URL(url).port);
    const ports = { mariadb: portOf(databaseUrl), redis: portOf(redisUrl), nats: this.servers.nats.port };
    const { sampling: _, ...options } = this.#options;
    return environment("foreign", role, ports, databaseUrl, this.names, options);
  }

  /** Ends everything. @returns how each node ended on SIGTERM */
  async stop(): Promise<string[]> {
    const ends = await Promise.all(this.seats.map((seat) => seat.end("SIGTERM")));
    await this.broker.stop();
    await Promise.all(this.seats.flatMap(({ links }) => Object.values(links).map((p) => p.stop())));
    await this.balancer.stop();
    const servers = [...Object.values(this.servers), ...Object.values(this.#spares), this.names];
    await Promise.all(servers.map((server) => server.stop()));
    return ends;
  }
}

/** A database server with root, and the nodes' user. */
async function startDatabase(): Promise<TestServer> {
  const server = await mariadb.start();
  const connection = await createConnection({ uri: server.url });
  try {
    await connection.query(`CREATE USER '${DATABASE_USER}'@'127.0.0.1'`);
    await connection.query(`GRANT ALL ON \`bida%\`.* TO '${DATABASE_USER}'@'127.0.0.1'`);
  } finally {
    await connection.end();
  }
  return server;
}

async function linksTo(servers: Record<ServerName, TestServer>): Promise<Record<ServerName, Link>> {
  const [db, cache, bus] = await Promise.all(SERVERS.map((name) => Link.start(servers[name].port)));
  return { mariadb: db as Link, redis: cache as Link, nats: bus as Link };
}

async function environment(
  name: string,
  role: Role,
  ports: Record<ServerName, number>,
  databaseUrl: string,
  names: NameServer,
  { leaseMs, env = {}, sampling }: SystemOptions,
): Promise<Environment> {
  const through = new URL(databaseUrl);
  through.port = String(ports.mariadb);
  through.username = DATABASE_USER;
  const preloads = [
    ...(sampling ? ["sampled.mjs"] : []),
    "../../e2e/kit/shift-clock.mjs",
    ...(role === "dispatcher" ? ["ill-thread.mjs"] : []),
  ];
  return {
    SERVICES: SERVICES[role],
    BIDA_PORT: String(await freePort()),
    BIDA_DATA_DIR: temporaryFolder("chaos"),
    BIDA_DATABASE_URL: through.href,
    BIDA_REDIS_URL: `redis://127.0.0.1:${ports.redis}/0`,
    BIDA_NATS_URL: `nats://127.0.0.1:${ports.nats}`,
    BIDA_SECRET_KEY: SECRET_KEY,
    BIDA_EGRESS_ALLOW: "127.0.0.0/8",
    BIDA_NEW_DESTINATIONS: "0",
    BIDA_DNS_SERVERS: names.address,
    BIDA_LEASE_MS: String(leaseMs),
    // As an installation has it: the kit's nodes stop at once.
    BIDA_DRAIN_DELAY_MS: "3000",
    BIDA_THREADS: "2",
    BIDA_CONCURRENCY: "64",
    NODE_OPTIONS: [
      ...preloads.map((file) => `--import=${new URL(file, import.meta.url).href}`),
      // A thread that runs out of memory does so before the machine does.
      ...(role === "dispatcher" ? ["--max-old-space-size=192"] : []),
    ].join(" "),
    E2E_CLOCK_SHIFT: "0",
    ...(sampling
      ? {
          CHAOS_SAMPLES: join(sampling.folder, `${name}.jsonl`),
          CHAOS_SAMPLE_MS: String(sampling.everyMs),
          CHAOS_COLLECT: sampling.collect ? "yes" : "",
        }
      : {}),
    ...env,
  };
}
