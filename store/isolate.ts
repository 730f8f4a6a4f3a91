/** A batch that fails because of what is in it: the items that are the reason are found, and the others go on. */
import { isRefused } from "./failures.ts";

/**
 * Runs a batch, and where it fails, its halves, down to the items that fail alone. Halves run one after another, in
 * order. One bad item among n costs about 2 log₂ n runs more.
 * @param run all of a batch or nothing; where the database fails for another reason than what it was given
 *   ({@link isRefused}), that concerns the whole batch
 * @param alone what becomes of an item that fails by itself
 * @returns one result per item, in order
 */
export async function isolated<T, R>(
  items: T[],
  run: (items: T[]) => Promise<R[]>,
  alone: (item: T, error: unknown) => R | Promise<R>,
): Promise<R[]> {
  try {
    return await run(items);
  } catch (error) {
    if (!isRefused(error)) throw error;
    if (items.length === 1) return [await alone(items[0] as T, error)];
    const half = Math.ceil(items.length / 2);
    const first = await isolated(items.slice(0, half), run, alone);
    return [...first, ...(await isolated(items.slice(half), run, alone))];
  }
}
