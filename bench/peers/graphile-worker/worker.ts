/** Back: graphile-worker with its local queue and batched completion, one row per call. */
import { Logger, run } from "graphile-worker";
import { Pool } from "pg";
import { serve } from "../../kit/child.ts";
import { post } from "../call.ts";

const INSERT = {
  name: "attempt",
  text: "INSERT INTO call_attempts (url, n, started_at, duration_ms, status, body) VALUES ($1, $2, $3, $4, $5, $6)",
};

serve({
  async start({ databaseUrl, concurrency }: { databaseUrl: string; concurrency: number }) {
    const pool = new Pool({ connectionString: databaseUrl, max: 20 });
    await run({
      connectionString: databaseUrl,
      noHandleSignals: true,
      maxPoolSize: 50,
      // A line per job would halve it.
      logger: new Logger(() => () => undefined),
      preset: {
        worker: {
          concurrentJobs: concurrency,
          pollInterval: 200,
          localQueue: { size: concurrency * 4 },
          completeJobBatchDelay: 0,
          failJobBatchDelay: 0,
        },
      },
      taskList: {
        async call(payload, { job }) {
          const { url, requestParam } = payload as { url: string; requestParam: object };
          const startedAt = Date.now();
          const { status, text } = await post(url, requestParam);
          const values = [url, job.attempts, startedAt, Date.now() - startedAt, status, text];
          await pool.query({ ...INSERT, values });
          if (status >= 300) throw new Error(`answered ${status}`);
        },
      },
    });
  },
});
