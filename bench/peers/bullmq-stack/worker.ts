/** The stack's back: calls, and one row per call, by a prepared statement, over a pool of connections. */
import { type Job, Worker } from "bullmq";
import { createPool, type Pool } from "mysql2/promise";
import { serve } from "../../kit/child.ts";
import { post } from "../call.ts";
import type { CallJob } from "./jobs.ts";

const INSERT =
  "INSERT INTO call_attempts (url, n, started_at, duration_ms, status, body) VALUES (?, ?, ?, ?, ?, ?)";

interface Start {
  redis: { host: string; port: number };
  queue: string;
  concurrency: number;
  /** Null: nothing is recorded. */
  databaseUrl: string | null;
  connections: number;
}

serve({
  async start({ redis, queue, concurrency, databaseUrl, connections }: Start) {
    const pool: Pool | null =
      databaseUrl === null ? null : createPool({ uri: databaseUrl, connectionLimit: connections });
    const worker = new Worker<CallJob>(
      queue,
      async (job: Job<CallJob>) => {
        const startedAt = Date.now();
        const { status, text } = await post(job.data.url, job.data.requestParam);
        const row = [job.data.url, job.attemptsMade + 1, startedAt, Date.now() - startedAt, status, text];
        await pool?.execute(INSERT, row);
        if (status >= 300) throw new Error(`answered ${status}`);
      },
      { connection: redis, concurrency },
    );
    worker.on("error", (error) => console.error(error));
    await worker.waitUntilReady();
  },
});
