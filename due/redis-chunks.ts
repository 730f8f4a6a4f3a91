/** Many items for scripts that take a limited number of arguments, and work on one partition each. */
import type { Lane } from "../core/ids.ts";
import { byPartition } from "./members.ts";
import { chunks } from "./redis-scripts.ts";

/** Arguments of one script call; Lua's stack takes no more than about 8000. */
export const CHUNK = 1_000;

/**
 * Partitions side by side, what one has in chunks one after another.
 * @param placeOf what says where an item belongs
 * @param each how many arguments of a script an item takes
 */
export async function inChunks<T>(
  items: T[],
  placeOf: (item: T) => { lane: Lane },
  each: number,
  work: (partition: number, chunk: T[]) => Promise<void>,
): Promise<void> {
  await Promise.all(
    Array.from(byPartition(items, placeOf), async ([partition, part]) => {
      for (const chunk of chunks(part, Math.floor(CHUNK / each))) await work(partition, chunk);
    }),
  );
}
