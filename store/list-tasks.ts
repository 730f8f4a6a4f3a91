/** Pages of tasks, without their payloads (`payloads.ts`): a page takes less than 2 MiB however many tasks it has. */

import { type EpochMs, epochMs } from "../core/clock.ts";
import { cursorOf, cursorParts, wrongCursor } from "../core/cursor.ts";
import { parseTaskId, type TaskId, taskIdFromBytes, taskIdToBytes } from "../core/ids.ts";
import type { Page } from "../core/page.ts";
import { type Database, forSearch } from "./database.ts";
import { reading } from "./failures.ts";
import { matching, type TaskFilter } from "./read.ts";
import { LISTED_COLUMNS, type ListedTask, listedFromRow, type Row } from "./rows.ts";
import { EVERYTHING, type Scope } from "./scope.ts";

/** `created`: newest first. `due`: what is due first on top, of tasks that have a due time only. */
export type TaskOrder = "created" | "due";
/** The same from the other end. */
export type TaskWalk = TaskOrder | "createdBack" | "dueBack";

/** A row's place in the order: the time, then the id. */
interface Place {
  time: EpochMs;
  taskId: TaskId;
}

interface Order {
  column: "created_at" | "next_call_at";
  direction: "asc" | "desc";
  /** What lies behind a place. */
  beyond: "<" | ">";
  placeOf(task: Placed): Place;
}

/** What a place is made of. */
type Placed = Pick<ListedTask, "taskId" | "createdAt" | "nextCallAt">;

const down = { direction: "desc", beyond: "<" } as const;
const up = { direction: "asc", beyond: ">" } as const;
const byCreation: Pick<Order, "column" | "placeOf"> = {
  column: "created_at",
  placeOf: ({ createdAt, taskId }) => ({ time: createdAt, taskId }),
};
const byDueTime: Pick<Order, "column" | "placeOf"> = {
  column: "next_call_at",
  placeOf: ({ nextCallAt, taskId }) => ({ time: nextCallAt as EpochMs, taskId }),
};

const ORDERS: Record<TaskWalk, Order> = {
  created: { ...byCreation, ...down },
  createdBack: { ...byCreation, ...up },
  due: { ...byDueTime, ...up },
  dueBack: { ...byDueTime, ...down },
};

/** Rows of the first look where no index knows the filter; each further look takes four times as many, up to a limit. */
const FIRST_LOOK = 500;
const LONGEST_LOOK = 8_000;
/** A page does not begin another look after this long, in ms: filters that fit few tasks give short pages, not long waits. */
const PATIENCE = 50;

/**
 * A page of tasks in the order of `sort`. The cursor names the last row that was looked at, so rows which arrive
 * meanwhile shift nothing. A page may be short, or empty, and still have a cursor: then the rest was not looked at yet.
 * @throws BidaError invalid_query for a cursor that is not one of ours
 */
export async function listTasks(
  db: Database,
  scope: Scope,
  filter: TaskFilter,
  limit: number,
  cursor: string | null,
  sort: TaskWalk = "created",
  patience = PATIENCE,
): Promise<Page<ListedTask>> {
  const order = ORDERS[sort];
  const { beyond, placeOf } = order;
  const after = cursor === null ? null : readCursor(cursor, sort);
  // Each state is a stretch of an index that has the order already; several at once would be sorted as a whole.
  const isKeyed = order.column === "created_at" && keyOf(filter) !== null;
  const states =
    order.column === "next_call_at"
      ? ["pending" as const]
      : filter.states && !isKeyed
        ? [...new Set(filter.states)]
        : [undefined];
  const until = performance.now() + patience;
  const wanted = { order, after, limit, until };
  const parts = await Promise.all(
    states.map((state) => part(db, scope, state ? { ...filter, states: [state] } : filter, wanted)),
  );
  const behind = (a: Place, b: Place): boolean =>
    a.time === b.time
      ? beyond === "<"
        ? a.taskId < b.taskId
        : a.taskId > b.taskId
      : a.time < b.time === (beyond === "<");
  // No part was looked through farther than its end: nothing behind the nearest of the ends counts.
  const ends = parts.flatMap(({ end }) => end ?? []);
  const nearest = ends.reduce<Place | null>((near, end) => (near && behind(end, near) ? near : end), null);
  const rows = parts
    .flatMap((one) => one.rows)
    .filter((row) => !nearest || !behind(placeOf(row), nearest))
    .sort((a, b) => (behind(placeOf(a), placeOf(b)) ? 1 : -1));
  const items = rows.slice(0, limit);
  const last = rows.length > limit ? placeOf(items.at(-1) as ListedTask) : nearest;
  return { items, nextCursor: last && placeCursor(sort, last) };
}

/** The cursor that leads behind a task of a list in this order. */
export const cursorBehind = (sort: TaskWalk, task: Placed): string =>
  placeCursor(sort, ORDERS[sort].placeOf(task));

interface Wanted {
  order: Order;
  after: Place | null;
  limit: number;
  /** On the clock of `performance`. */
  until: number;
}

/** Up to one row more than a page, and where the looking ended without having seen all. */
async function part(
  db: Database,
  scope: Scope,
  filter: TaskFilter,
  { order, after, limit, until }: Wanted,
): Promise<{ rows: ListedTask[]; end: Place | null }> {
  const rows: ListedTask[] = [];
  let from = after;
  const known = indexed(scope, filter, order);
  const reader = known ? db : forSearch(db);
  for (let look = FIRST_LOOK; ; look = Math.min(look * 4, LONGEST_LOOK)) {
    const end = known ? null : await endOfLook(reader, filter, order, from, look);
    const query = ordered(matching(reader, scope, filter), order, from)
      .select(LISTED_COLUMNS)
      .limit(limit + 1 - rows.length);
    if (end) notBehind(query, order, end);
    rows.push(...(await reading(query)).map(listedFromRow));
    if (rows.length > limit || end === null) return { rows, end: null };
    if (performance.now() >= until) return { rows, end };
    from = end;
  }
}

/** No index tells these. */
const UNTOLD = [
  "sourceAppName",
  "targetAppName",
  "appIds",
  "url",
  "q",
  "lane",
  "errorCodes",
  "statuses",
  "finishedFrom",
  "finishedTo",
] as const satisfies (keyof TaskFilter)[];

/** Keys that few tasks share; each has an index in order of creation. */
const KEYS = ["businessKey", "orderKey"] as const satisfies (keyof TaskFilter)[];

const keyOf = (filter: TaskFilter) => KEYS.find((key) => filter[key] !== undefined) ?? null;

/** What the index tells in which a list is read: the narrowest there is. */
function told(filter: TaskFilter, { column }: Order): TaskFilter {
  const { states, createdFrom, createdTo } = filter;
  const key = column === "created_at" ? keyOf(filter) : null;
  return { createdFrom, createdTo, ...(key === null ? { states } : { [key]: filter[key] }) };
}

/** Whether an index knows all that is asked for: then a page is as quick as it is long. */
function indexed({ appId }: Scope, filter: TaskFilter, order: Order): boolean {
  const known = told(filter, order);
  const others = [...UNTOLD, ...KEYS, "states" as const].filter((name) => known[name] === undefined);
  return appId === null && others.every((name) => filter[name] === undefined);
}

/** The last row of the next `look`; null where there are fewer. By what the index can tell only. */
async function endOfLook(
  db: Database,
  filter: TaskFilter,
  order: Order,
  from: Place | null,
  look: number,
): Promise<Place | null> {
  const query = ordered(matching(db, EVERYTHING, told(filter, order)), order, from);
  const [row] = await reading<Row[]>(
    query
      .select(order.column, "task_id")
      .limit(1)
      .offset(look - 1),
  );
  return row ? { time: row[order.column] as EpochMs, taskId: taskIdFromBytes(row.task_id as Buffer) } : null;
}

function ordered(
  query: ReturnType<typeof matching>,
  { column, direction, beyond }: Order,
  from: Place | null,
) {
  query.orderBy(column, direction).orderBy("task_id", direction);
  if (column === "next_call_at") query.whereNotNull(column);
  if (from !== null) {
    // The first condition is the one that an index can use.
    query.where(column, `${beyond}=`, from.time);
    query.whereRaw(`(${column} ${beyond} ? OR task_id ${beyond} ?)`, [from.time, taskIdToBytes(from.taskId)]);
  }
  return query;
}

/** Rows up to `end`, itself included. */
function notBehind(
  query: ReturnType<typeof matching>,
  { column, beyond }: Order,
  { time, taskId }: Place,
): void {
  const before = beyond === "<" ? ">" : "<";
  query.where(column, `${before}=`, time);
  query.whereRaw(`(${column} ${before} ? OR task_id ${before}= ?)`, [time, taskIdToBytes(taskId)]);
}

const placeCursor = (sort: TaskWalk, { time, taskId }: Place): string => cursorOf(sort, time, taskId);

/** A place in one order is none in another. */
function readCursor(cursor: string, sort: TaskWalk): Place {
  const [order, time = "", id = ""] = cursorParts(cursor, 3);
  const taskId = parseTaskId(id);
  if (order !== sort || !/^\d{1,15}$/.test(time) || taskId === null) throw wrongCursor();
  return { time: epochMs(Number(time)), taskId };
}
