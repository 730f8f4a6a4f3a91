/** From the filter of a job to one on rows. */
import type { JobFilter } from "../../core/bulk.ts";
import type { EpochMs } from "../../core/clock.ts";
import type { TaskId } from "../../core/ids.ts";
import type { TaskFilter } from "../../store/read.ts";
import type { Resources } from "../node/resources.ts";
import { filterOf } from "./task-filter.ts";

/**
 * @param asOf what was there then counts
 * @param masked as for {@link filterOf}
 * @returns the filter, and the tasks that are being called
 */
export async function jobFilterOf(
  query: JobFilter,
  asOf: EpochMs,
  resources: Resources,
  masked: boolean,
): Promise<{ rows: TaskFilter; leased: Set<TaskId> }> {
  const { filter, leased } = await filterOf(query, resources, masked, "invalid_body");
  return { rows: { ...filter, asOf }, leased };
}
