/** Peer (a): moleculer-web, BullMQ, undici, and one row per call in MariaDB. An API process and a worker process. */
import { Queue } from "bullmq";
import { createPool } from "mysql2/promise";
import { createDatabase } from "../../../test/servers/mariadb.ts";
import type { TestServer } from "../../../test/servers/server.ts";
import { Child } from "../../kit/child.ts";
import type { Ledger } from "../../load/receiver.ts";
import { seqOf } from "../../load/work.ts";
import { compareCalls, type Handed, type System } from "../../systems/system.ts";

const TABLE = `CREATE TABLE call_attempts (id BIGINT AUTO_INCREMENT PRIMARY KEY, url VARCHAR(2048) NOT NULL, n INT NOT NULL,
  started_at BIGINT NOT NULL, duration_ms INT NOT NULL, status SMALLINT NULL, body MEDIUMTEXT NULL, KEY (started_at))`;

/** Not tuned yet: try others with these variables, the peer must be as fast as it can be. */
const CONCURRENCY = Number(process.env.BENCH_BULLMQ_CONCURRENCY ?? 100);
const CONNECTIONS = Number(process.env.BENCH_BULLMQ_CONNECTIONS ?? 20);

export async function startBullmqStack(
  name: string,
  mariadb: TestServer,
  redis: TestServer,
): Promise<System> {
  const databaseUrl = await createDatabase(mariadb);
  const pool = createPool({ uri: databaseUrl, connectionLimit: 2 });
  await pool.query(TABLE);
  const connection = { host: "127.0.0.1", port: redis.port };
  const queue = new Queue("calls", { connection });
  const { child: api, answer: port } = await Child.start<number>(new URL("api.ts", import.meta.url), {
    redis: connection,
    queue: "calls",
  });
  const { child: worker } = await Child.start(new URL("worker.ts", import.meta.url), {
    redis: connection,
    queue: "calls",
    concurrency: CONCURRENCY,
    databaseUrl,
    connections: CONNECTIONS,
  });
  const baseUrl = `http://127.0.0.1:${port}`;
  return {
    name,
    submitters: { http: { kind: "http", baseUrl, headers: {} } },
    pids: () =>
      new Map([
        ["api", api.pid],
        ["worker", worker.pid],
        ["mariadb", mariadb.pid],
        ["redis", redis.pid],
      ]),
    recorded: async () =>
      (await queue.getJobCountByTypes("active", "waiting", "delayed", "prioritized")) === 0,
    async verify({ round, count, since }: Handed, ledger: Ledger) {
      const [rows] = await pool.query(
        "SELECT url, COUNT(*) AS n FROM call_attempts WHERE started_at >= ? AND url LIKE ? GROUP BY url",
        [since, `%/${round}/%`],
      );
      const calls = new Uint16Array(count);
      for (const { url, n } of rows as { url: string; n: number }[]) calls[seqOf(url)] = Number(n);
      return compareCalls(calls, ledger, count);
    },
    async stop() {
      await Promise.all([api.stop(), worker.stop(), queue.close(), pool.end()]);
    },
  };
}
