/** Which tasks stand beside one in a list: by their order, wherever the list was when it was left. */
import type { z } from "zod";
import type { Neighbours } from "../../core/contract.ts";
import type { TaskId } from "../../core/ids.ts";
import type { neighbourQuerySchema } from "../../core/schema/tasks.ts";
import { cursorBehind, listTasks, type TaskWalk } from "../../store/list-tasks.ts";
import { findTask } from "../../store/read.ts";
import type { Scope } from "../../store/scope.ts";
import type { Resources } from "../node/resources.ts";
import { filterOf } from "./task-filter.ts";

/** How long is looked for those that filters fit, each way, in ms. */
const PATIENCE = 200;

/**
 * The task itself need not be in the list any more: what counts is where it would stand. One that has no due time any more
 * stood above all that have.
 * @throws BidaError not_found; invalid_query as lists
 */
export async function neighboursOf(
  resources: Resources,
  scope: Scope,
  taskId: TaskId,
  query: z.output<typeof neighbourQuerySchema>,
  masked: boolean,
): Promise<Neighbours> {
  const { db } = resources;
  const { sort } = query;
  const task = await findTask(db, scope, taskId);
  const { filter } = await filterOf(query, resources, masked);
  const isPlaced = sort === "created" || task.nextCallAt !== null;
  const beside = async (walk: TaskWalk) => {
    const cursor = isPlaced ? cursorBehind(walk, task) : null;
    const { items, nextCursor } = await listTasks(db, scope, filter, 1, cursor, walk, PATIENCE);
    return { taskId: items[0]?.taskId ?? null, isSure: items.length > 0 || nextCursor === null };
  };
  const [next, previous] = await Promise.all([
    beside(sort),
    isPlaced ? beside(`${sort}Back`) : { taskId: null, isSure: true },
  ]);
  return { previous: previous.taskId, next: next.taskId, complete: next.isSure && previous.isSure };
}
