/** What the BullMQ peers queue. */
import type { JobsOptions } from "bullmq";
import { MAX_CALLS } from "../../load/work.ts";

export interface CallJob {
  url: string;
  requestParam: object;
}

export const optionsOf = (retryDelayMs: number): JobsOptions => ({
  attempts: MAX_CALLS,
  backoff: { type: "fixed", delay: retryDelayMs },
  removeOnComplete: true,
});
