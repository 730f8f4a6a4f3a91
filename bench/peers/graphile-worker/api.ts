/** Front: each POST or batch is one `addJobs`. */
import { makeWorkerUtils } from "graphile-worker";
import { serve } from "../../kit/child.ts";
import { MAX_CALLS } from "../../load/work.ts";
import { startApi } from "../api.ts";

serve({
  async start({ databaseUrl }: { databaseUrl: string }) {
    const utils = await makeWorkerUtils({ connectionString: databaseUrl, maxPoolSize: 16 });
    await utils.migrate();
    return startApi(async (tasks) => {
      await utils.addJobs(
        tasks.map(({ url, requestParam }) => ({
          identifier: "call",
          payload: { url, requestParam },
          maxAttempts: MAX_CALLS,
        })),
      );
    });
  },
});
