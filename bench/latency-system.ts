/** The systems that are measured: one process with SQLite, or two nodes with real MariaDB, Redis and NATS. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type BidaNode, readiness, startNode } from "../scripts/demo/node.ts";
import { createDatabase, start as startMariadb } from "../test/servers/mariadb.ts";
import { start as startNats } from "../test/servers/nats.ts";
import { freePort } from "../test/servers/ports.ts";
import { start as startRedis } from "../test/servers/redis.ts";

export interface System {
  baseUrl: string;
  /** As {@link openDatabase} takes it. */
  database: { databaseUrl: string | null; dataDir: string };
  stop(): Promise<void>;
}

export async function startEmbedded(): Promise<System> {
  return startNodes([{}], async () => undefined);
}

/** One process per group of services. */
export async function startCluster(): Promise<System> {
  const [mariadb, redis, nats] = await Promise.all([startMariadb(), startRedis(), startNats()]);
  const shared = {
    BIDA_DATABASE_URL: await createDatabase(mariadb),
    BIDA_REDIS_URL: redis.url,
    BIDA_NATS_URL: nats.url,
    // Both must have the same, and the target is on this machine.
    BIDA_SECRET_KEY: Buffer.alloc(32, "benchmark").toString("base64"),
    BIDA_EGRESS_ALLOW: "127.0.0.0/8",
    BIDA_NEW_DESTINATIONS: "0",
  };
  return startNodes(
    [
      { ...shared, SERVICES: "api,admin,notifier" },
      { ...shared, SERVICES: "scheduler,dispatcher" },
    ],
    async () => void (await Promise.all([mariadb.stop(), redis.stop(), nats.stop()])),
  );
}

async function startNodes(
  settings: Record<string, string>[],
  stopServers: () => Promise<void>,
): Promise<System> {
  const folder = mkdtempSync(join(tmpdir(), "bida-latency-"));
  process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
  const port = await freePort();
  const common = { BIDA_PORT: String(port), BIDA_DATA_DIR: folder, BIDA_LOG_LEVEL: "warn" };
  const nodes = settings.map((own): BidaNode => startNode({ ...common, ...own }));
  const stop = async () => {
    await Promise.all(nodes.map((node) => node.stop()));
    await stopServers();
  };
  const baseUrl = `http://127.0.0.1:${port}`;
  try {
    await readiness(nodes[0] as BidaNode, baseUrl, 60_000);
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    baseUrl,
    database: { databaseUrl: settings[0]?.BIDA_DATABASE_URL ?? null, dataDir: folder },
    stop,
  };
}
