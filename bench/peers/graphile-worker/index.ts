/** Peer (c): moleculer-web, graphile-worker, undici, and one row per call, in one PostgreSQL. */
import { Pool } from "pg";
import { Child } from "../../kit/child.ts";
import type { postgres } from "../../kit/servers.ts";
import type { Ledger } from "../../load/receiver.ts";
import { seqOf } from "../../load/work.ts";
import { compareCalls, type Handed, type System } from "../../systems/system.ts";

const TABLE = `CREATE TABLE call_attempts (id BIGSERIAL PRIMARY KEY, url TEXT NOT NULL, n INT NOT NULL,
  started_at BIGINT NOT NULL, duration_ms INT NOT NULL, status SMALLINT NULL, body TEXT NULL)`;
const CONCURRENCY = 50;

export async function startGraphileWorker(
  server: NonNullable<Awaited<ReturnType<typeof postgres>>>,
): Promise<System> {
  const pool = new Pool({ connectionString: server.url, max: 2 });
  await pool.query(TABLE);
  await pool.query("CREATE INDEX ON call_attempts (started_at)");
  const databaseUrl = server.url;
  const { child: api, answer: port } = await Child.start<number>(new URL("api.ts", import.meta.url), {
    databaseUrl,
  });
  const { child: worker } = await Child.start(new URL("worker.ts", import.meta.url), {
    databaseUrl,
    concurrency: CONCURRENCY,
  });
  return {
    name: "graphile-worker",
    submitters: { http: { kind: "http", baseUrl: `http://127.0.0.1:${port}`, headers: {} } },
    pids: () =>
      new Map([
        ["api", api.pid],
        ["worker", worker.pid],
        // Its first process only: it has one more per connection.
        ["postgres", server.pid],
      ]),
    async recorded() {
      const { rows } = await pool.query("SELECT 1 FROM graphile_worker.jobs LIMIT 1");
      return rows.length === 0;
    },
    async verify({ round, count, since }: Handed, ledger: Ledger) {
      const { rows } = await pool.query(
        "SELECT url, COUNT(*) AS n FROM call_attempts WHERE started_at >= $1 AND url LIKE $2 GROUP BY url",
        [since, `%/${round}/%`],
      );
      const calls = new Uint16Array(count);
      for (const { url, n } of rows) calls[seqOf(url)] = Number(n);
      return compareCalls(calls, ledger, count);
    },
    async stop() {
      await Promise.all([api.stop(), worker.stop(), pool.end()]);
    },
  };
}
