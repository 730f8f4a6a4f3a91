/** The stack's front: each POST is one `add`, each batch one `addBulk`. */
import { Queue } from "bullmq";
import { serve } from "../../kit/child.ts";
import { startApi } from "../api.ts";
import { optionsOf } from "./jobs.ts";

serve({
  start({ redis, queue: name }: { redis: { host: string; port: number }; queue: string }) {
    const queue = new Queue(name, { connection: redis });
    return startApi(async (tasks) => {
      const jobs = tasks.map(({ url, requestParam, retry }) => ({
        name: "call",
        data: { url, requestParam },
        opts: optionsOf(retry.delayMs),
      }));
      const [first] = jobs;
      if (first && jobs.length === 1) await queue.add(first.name, first.data, first.opts);
      else await queue.addBulk(jobs);
    });
  },
});
