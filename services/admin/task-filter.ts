/**
 * From a query of the contract to a filter on rows: `delivering` is pending and leased, which the due set knows, or the row
 * where it is the lease itself.
 */
import type { z } from "zod";
import { BidaError } from "../../core/errors.ts";
import { laneOf, type TaskId } from "../../core/ids.ts";
import type { StatusClass } from "../../core/retry.ts";
import type { querySchema } from "../../core/schema/tasks.ts";
import type { StoredState } from "../../core/task.ts";
import { appsByName } from "../../store/apps.ts";
import type { TaskFilter } from "../../store/read.ts";
import type { Resources } from "../node/resources.ts";
import { handed } from "../tasks/handed.ts";

type Query = Partial<z.output<typeof querySchema>>;

/**
 * @param masked who asks sees tasks without their secrets, and must not find them by searching either
 * @param refusal what a filter that cannot be answered is refused with
 * @returns the filter, and the tasks that are being delivered
 * @throws BidaError `refusal`
 */
export async function filterOf(
  query: Query,
  resources: Resources,
  masked: boolean,
  refusal: "invalid_query" | "invalid_body" = "invalid_query",
): Promise<{ filter: TaskFilter; leased: Set<TaskId> }> {
  if (query.q !== undefined && resources.db.sealing.currentId !== null) {
    const errors = [{ field: "q", message: "payloads are encrypted here, and cannot be searched" }];
    throw new BidaError(refusal, undefined, { errors });
  }
  // Without Redis nobody can say what is being delivered; such tasks show as pending.
  const [held, inRows] = await Promise.all([
    resources.due.allLeased().catch((): TaskId[] => []),
    handed(resources, resources.clock.now()),
  ]);
  const leased = [...new Set([...held, ...inRows.map(({ taskId }) => taskId)])];
  // What is not named here narrows the search: a filter that is dropped finds everything, and a job retries it.
  const { limit: _, cursor: __, sort: ___, include: ____, ...asked } = query;
  const { state, app, destination, errorCode, status, ...narrowing } = asked;
  const { createdFrom, createdTo, finishedFrom, finishedTo, ...same } = narrowing;
  const filter: TaskFilter = {
    ...same,
    masked,
    createdFrom: momentOf(createdFrom),
    createdTo: momentOf(createdTo),
    finishedFrom: momentOf(finishedFrom),
    finishedTo: momentOf(finishedTo),
    appIds: app === undefined ? undefined : await appsByName(resources.db, app),
    lane: destination === undefined ? undefined : laneOf(destination),
    errorCodes: errorCode,
    statuses: status?.map(rangeOf),
  };
  // Tasks end after they were made, and an index knows when that was.
  if (filter.finishedTo !== undefined)
    filter.createdTo = Math.min(filter.createdTo ?? filter.finishedTo, filter.finishedTo);
  if (state) {
    const pending = state.includes("pending");
    const delivering = state.includes("delivering");
    const stored = state.filter((one): one is StoredState => one !== "delivering");
    filter.states = delivering && !pending ? [...stored, "pending"] : stored;
    if (pending !== delivering) filter.pendingLease = { leased, wanted: delivering };
  }
  return { filter, leased: new Set(leased) };
}

const momentOf = (text: string | undefined) => (text === undefined ? undefined : Date.parse(text));

function rangeOf(status: number | StatusClass): [from: number, to: number] {
  if (typeof status === "number") return [status, status];
  const from = Number(status[0]) * 100;
  return [from, from + 99];
}
