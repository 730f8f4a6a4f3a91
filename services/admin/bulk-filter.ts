/** From the filter of a job to one on rows. */
import type { JobFilter } from "../../core/bulk.ts";
import type { EpochMs } from "../../core/clock.ts";
import type { TaskFilter } from "../../store/read.ts";
import type { Resources } from "../node/resources.ts";
import { filterOf } from "./task-filter.ts";

/**
 * @param asOf what was there then counts
 * @param masked as for {@link filterOf}
 */
export async function jobFilterOf(
  query: JobFilter,
  asOf: EpochMs,
  resources: Resources,
  masked: boolean,
): Promise<TaskFilter> {
  const { filter } = await filterOf(query, resources, masked, "invalid_body");
  return { ...filter, asOf };
}
