/** Bida, in one process with SQLite, or as a cluster's nodes with MariaDB, Redis and NATS. */
import { mkdirSync } from "node:fs";
import { closeDatabase, type Database, openDatabase } from "../../store/database.ts";
import { BidaNode, type Environment } from "../../test/e2e/kit/node.ts";
import { until } from "../../test/e2e/kit/until.ts";
import { createDatabase } from "../../test/servers/mariadb.ts";
import { freePort } from "../../test/servers/ports.ts";
import { type TestServer, temporaryFolder } from "../../test/servers/server.ts";
import type { NatsServer } from "../kit/servers.ts";
import type { Ledger } from "../load/receiver.ts";
import type { SubmitterPlan } from "../load/submitters.ts";
import { seqOf } from "../load/work.ts";
import { compareCalls, type Handed, type System } from "./system.ts";

const ADMIN = { authorization: `Basic ${Buffer.from("admin:admin").toString("base64")}` };
const SUCCEEDED = 1;

/**
 * docker-compose.yml has one node for the API and the console, two schedulers and three dispatchers. On two cores that is one process with
 * the API and one that schedules and dispatches: more processes than cores only take turns.
 */
export const API_SERVICES = "api,admin,notifier";
export const WORKERS = "scheduler,dispatcher";

export interface BidaOptions {
  /** Null: embedded. */
  servers: { mariadb: TestServer; redis: TestServer; nats: NatsServer } | null;
  /** What the first node runs; the others run {@link WORKERS}. */
  first?: string;
  /** Nodes that run {@link WORKERS}, beside the first. */
  workers?: number;
  env?: Environment;
}

export class Bida implements System {
  readonly name: string;
  readonly submitters: System["submitters"];
  readonly db: Database;
  readonly #options: BidaOptions;
  readonly #env: Environment;
  readonly #nodes: BidaNode[] = [];

  private constructor(options: BidaOptions, env: Environment, db: Database) {
    this.#options = options;
    this.#env = env;
    this.db = db;
    this.name = options.servers ? "cluster" : "embedded";
    this.submitters = options.servers ? { rpc: { kind: "rpc", natsUrl: options.servers.nats.url } } : {};
  }

  /** Starts it; resolves when it is ready. `fill` is run on the migrated database, before nodes that serve are started. */
  static async start(options: BidaOptions): Promise<Bida> {
    const { servers } = options;
    const folder = temporaryFolder("bench");
    const databaseUrl = servers ? await createDatabase(servers.mariadb) : null;
    const env: Environment = {
      BIDA_DATA_DIR: folder,
      BIDA_EGRESS_ALLOW: "127.0.0.0/8",
      BIDA_NEW_DESTINATIONS: "0",
      BIDA_SECRET_KEY: Buffer.alloc(32, "benchmark").toString("base64"),
      ...(servers && databaseUrl
        ? {
            BIDA_DATABASE_URL: databaseUrl,
            BIDA_REDIS_URL: servers.redis.url,
            BIDA_NATS_URL: servers.nats.url,
          }
        : {}),
      ...options.env,
    };
    mkdirSync(folder, { recursive: true });
    const bida = new Bida(options, env, openDatabase({ databaseUrl, dataDir: folder }));
    await bida.#begin();
    return bida;
  }

  async #begin(): Promise<void> {
    const { servers, first = API_SERVICES, workers = 1 } = this.#options;
    await this.#add(servers ? { SERVICES: first } : {});
    if (servers) for (let i = 0; i < workers; i++) await this.#add({ SERVICES: WORKERS });
    const [node] = this.#nodes as [BidaNode];
    await node.ready(60_000);
    if (servers) await this.#settleNodes();
    const answer = await fetch(`${node.baseUrl}/v1/apps`, {
      method: "POST",
      headers: { ...ADMIN, "content-type": "application/json" },
      body: JSON.stringify({ name: `bench-${process.pid}-${Date.now()}` }),
    });
    const { key } = (await answer.json()) as { key: string };
    // Apps call with keys, as programs do; the password of a user is checked rarely, but costs 75 ms.
    this.submitters.http = {
      kind: "http",
      baseUrl: node.baseUrl,
      headers: { authorization: `Bearer ${key}` },
    };
  }

  async #add(env: Environment): Promise<void> {
    this.#nodes.push(new BidaNode({ ...this.#env, BIDA_PORT: String(await freePort()), ...env }));
  }

  /** Until the API knows all nodes. */
  async #settleNodes(): Promise<void> {
    const submitter = this.#nodes[0] as BidaNode;
    await until(
      "all nodes in the cluster",
      async () => {
        const answer = await fetch(`${submitter.baseUrl}/v1/nodes`, { headers: ADMIN });
        const { items = [] } = (await answer.json()) as { items?: unknown[] };
        return items.length >= this.#nodes.length;
      },
      30_000,
    );
  }

  /** One more node that schedules and dispatches. */
  async grow(): Promise<void> {
    await this.#add({ SERVICES: WORKERS });
    await this.#settleNodes();
  }

  /** Stops the node that was added last. */
  async shrink(): Promise<void> {
    await this.#nodes.pop()?.stop();
  }

  /** Stops all nodes and starts as many again, on the same database. `between` is run while there are none. */
  async restart(between: () => Promise<void>): Promise<void> {
    await Promise.all(this.#nodes.map((node) => node.stop()));
    const workers = this.#nodes.length - 1;
    this.#nodes.length = 0;
    await between();
    this.#options.workers = workers;
    await this.#begin();
  }

  get nodes(): BidaNode[] {
    return this.#nodes;
  }

  pids(): Map<string, number> {
    const { servers } = this.#options;
    if (!servers) return new Map([["bida", this.#nodes[0]?.pid ?? 0]]);
    return new Map([
      ...this.#nodes.map((node, i): [string, number] => [i === 0 ? "api" : `worker ${i}`, node.pid]),
      ["mariadb", servers.mariadb.pid],
      ["redis", servers.redis.pid],
      ["nats", servers.nats.pid],
    ]);
  }

  async recorded({ since, round, alone }: Handed): Promise<boolean> {
    const open = this.db
      .knex("tasks")
      .where("state", 0)
      .where("created_at", ">=", since)
      .where("next_call_at", "<=", Date.now() + 60_000);
    if (!alone) open.where("url", "like", `%/${round}/%`);
    return (await open.first("task_id")) === undefined;
  }

  async verify({ since, round, count }: Handed, ledger: Ledger): Promise<string[]> {
    const rows: { url: string; state: number; call_count: number; attempts: number }[] = await this.db
      .knex("tasks as t")
      .where("t.created_at", ">=", since)
      .where("t.url", "like", `%/${round}/%`)
      .select("t.url", "t.state", "t.call_count")
      .select(this.db.knex.raw("(SELECT COUNT(*) FROM attempts a WHERE a.task_id = t.task_id) AS attempts"));
    const attempts = new Uint16Array(count);
    const [seen, problems] = [new Uint8Array(count), [] as string[]];
    let [wrong, twice] = [0, 0];
    for (const row of rows) {
      const seq = seqOf(row.url);
      if (seen[seq] === 1) twice++;
      seen[seq] = 1;
      attempts[seq] = Number(row.attempts);
      if (row.state !== SUCCEEDED || row.call_count !== Number(row.attempts)) wrong++;
    }
    const lost = count - rows.length + twice;
    if (lost > 0) problems.push(`${lost} accepted tasks have no row`);
    if (twice > 0) problems.push(`${twice} tasks have two rows`);
    if (wrong > 0)
      problems.push(`${wrong} tasks have not succeeded, or their calls do not fit their attempts`);
    return [...problems, ...compareCalls(attempts, ledger, count)];
  }

  async stop(): Promise<void> {
    await Promise.all(this.#nodes.map((node) => node.stop()));
    await closeDatabase(this.db);
  }

  /** What an operator may set for destinations. */
  async setDestinations(origins: string[], settings: object): Promise<void> {
    const { baseUrl } = this.#nodes[0] as BidaNode;
    for (const origin of origins) {
      const answer = await fetch(`${baseUrl}/v1/destinations/${encodeURIComponent(origin)}`, {
        method: "PATCH",
        headers: { ...ADMIN, "content-type": "application/json" },
        body: JSON.stringify(settings),
      });
      if (!answer.ok) throw new Error(`PATCH destination: ${answer.status} ${await answer.text()}`);
      await answer.body?.cancel();
    }
  }

  /** The API's plan, for programs that are no generator. */
  get http(): Extract<SubmitterPlan, { kind: "http" }> {
    return this.submitters.http as Extract<SubmitterPlan, { kind: "http" }>;
  }
}
