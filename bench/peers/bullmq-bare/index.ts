/** Peer (b): BullMQ and undici, nothing recorded. The generator itself is the producer, with `addBulk`. */
import { Queue } from "bullmq";
import type { TestServer } from "../../../test/servers/server.ts";
import { Child } from "../../kit/child.ts";
import type { System } from "../../systems/system.ts";

const CONCURRENCY = Number(process.env.BENCH_BARE_CONCURRENCY ?? 100);

export async function startBullmqBare(redis: TestServer): Promise<System> {
  const connection = { host: "127.0.0.1", port: redis.port };
  const queue = new Queue("bare", { connection });
  const { child: worker } = await Child.start(new URL("../bullmq-stack/worker.ts", import.meta.url), {
    redis: connection,
    queue: "bare",
    concurrency: CONCURRENCY,
    databaseUrl: null,
    connections: 0,
  });
  return {
    name: "bullmq-bare",
    submitters: { bulk: { kind: "bullmq", redisUrl: redis.url, queue: "bare" } },
    pids: () =>
      new Map([
        ["worker", worker.pid],
        ["redis", redis.pid],
      ]),
    recorded: async () => (await queue.getJobCountByTypes("active", "waiting", "delayed")) === 0,
    verify: async () => [],
    async stop() {
      await Promise.all([worker.stop(), queue.close()]);
    },
  };
}
