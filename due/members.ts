/** How an entry is written in Redis, and where it lives. `lua/common.lua` takes members apart again. */
import { epochMs } from "../core/clock.ts";
import { bucketOf, type Lane, type TaskId } from "../core/ids.ts";
import type { DueEntry } from "../core/job.ts";

/** Fixed for the life of an installation: it decides where an entry is. */
export const PARTITIONS = 8;
export const PARTITION_NUMBERS = Array.from({ length: PARTITIONS }, (_, i) => i);

/** A lane belongs to one partition, so its turn and its window are exact. */
export const partitionOf = ({ lane }: { lane: Lane }): number => bucketOf(lane, PARTITIONS);

/** Task id (36 characters), `f` for a first call or `r` for a retry, lane (11), app in decimal. */
export const memberOf = ({ taskId, first, lane, app }: DueEntry): string =>
  `${taskId}${first ? "f" : "r"}${lane}${app}`;

export const idOf = (member: string): TaskId => member.slice(0, 36) as TaskId;

export function entryOf(member: string, dueAt: number): DueEntry {
  return {
    taskId: idOf(member),
    first: member[36] === "f",
    lane: member.slice(37, 48) as Lane,
    app: Number(member.slice(48)),
    dueAt: epochMs(dueAt),
  };
}

/** What belongs together in one script. */
export function byPartition<T>(items: T[], of: (item: T) => { lane: Lane }): Map<number, T[]> {
  return Map.groupBy(items, (item) => partitionOf(of(item)));
}
