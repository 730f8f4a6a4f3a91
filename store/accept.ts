/** Accepting: a batch of new tasks becomes durable in one transaction. */
import type { Knex } from "knex";
import { type EpochMs, epochMs } from "../core/clock.ts";
import { type TaskId, taskIdFromBytes, taskIdToBytes } from "../core/ids.ts";
import type { Transition } from "../core/stats.ts";
import { isHeld } from "../core/task.ts";
import type { Database } from "./database.ts";
import { isDuplicate, reading, withRetries } from "./failures.ts";
import { type Claim, claimKeys, type Idempotency } from "./idempotency.ts";
import { Lines, linesOf } from "./lines.ts";
import { type StoredTask, TASK_COLUMNS, taskToRow } from "./rows.ts";
import { type Sealing, UNSEALED } from "./sealing.ts";
import { insertMany } from "./sql.ts";
import { countTransitions, deltaOf, tallyOf } from "./stats/count.ts";

export interface NewTask {
  task: StoredTask;
  /** Null without an idempotency key. */
  idempotency: Idempotency | null;
  /** The task encoded, and about how many bytes that takes. */
  row: unknown[];
  bytes: number;
}

/** Encodes a task, once. @param sealing of the database that it is for */
export function newTask(
  task: StoredTask,
  idempotency: NewTask["idempotency"],
  sealing: Sealing = UNSEALED,
): NewTask {
  const row = taskToRow(task, sealing);
  const bytes = row.reduce<number>((sum, value) => sum + (typeof value === "string" ? value.length : 8), 0);
  return { task, idempotency, row, bytes };
}

/** Before it is stored: its row is the lease of its first call, until then. */
export function handOver(item: NewTask, until: EpochMs): void {
  item.task.handedUntil = until;
  item.row[HANDED_UNTIL] = until;
}

const HANDED_UNTIL = TASK_COLUMNS.indexOf("handed_until");

/**
 * - `created`: the task is committed under its own id.
 * - `repeated`: its key was used before, for the same body, or its id is there already; that task's id.
 * - `conflict`: its key was used before, for another body. Nothing was stored.
 */
export type Accepted =
  | { kind: "created" | "repeated"; taskId: TaskId; held?: boolean }
  | { kind: "conflict" };

/**
 * Stores a batch. When this resolves, every `created` task is committed.
 * @returns one result per item, in order
 * @throws BidaError unavailable where the database is gone (then nothing of the batch was stored)
 */
export async function acceptTasks(db: Database, items: NewTask[]): Promise<Accepted[]> {
  const attempt = (known: ReadonlySet<TaskId>) =>
    withRetries(() =>
      known.size === 0 && items.every(isPlain)
        ? acceptPlain(db, items)
        : db.knex.transaction((trx) => acceptWithin({ ...db, knex: trx }, items, known)),
    );
  for (let known = new Set<TaskId>(); ; ) {
    try {
      return await attempt(known);
    } catch (error) {
      if (!isDuplicate(error)) throw error;
      // The API may hand a task over twice, under one id, to two schedulers; anyone who comes second finds it. That is
      // rare, and the usual way costs nothing for it. The first one may be at it still, so more can appear.
      const found = await reading(knownIds(db.knex, items));
      if (found.size <= known.size) throw error;
      known = found;
    }
  }
}

/** Nothing has to be read before it can be stored. */
const isPlain = ({ task, idempotency }: NewTask): boolean => idempotency === null && task.orderKey === null;

async function acceptPlain(db: Database, items: NewTask[]): Promise<Accepted[]> {
  const now = items.at(-1)?.task.createdAt ?? epochMs(0);
  const tasks = { table: "tasks", columns: TASK_COLUMNS, rows: items.map(({ row }) => row) };
  await db.driver.commitInserts([tasks, deltaOf(now, tallyOf(items.map(creation)))]);
  return items.map(({ task: { taskId } }) => ({ kind: "created", taskId }));
}

const creation = ({ task: { appId, lane, state } }: NewTask): Transition => ({
  appId,
  lane,
  from: null,
  to: state,
});

/**
 * {@link acceptTasks} in a transaction of the caller's, who repeats it as a whole where it lost a lock race.
 * @param known ids of those that are there already
 */
export async function acceptWithin(
  db: Database,
  items: NewTask[],
  known: ReadonlySet<TaskId> = new Set(),
): Promise<Accepted[]> {
  const keyed = items.filter(hasKey);
  const found = new Map((await claimKeys(db, db.knex, keyed)).map((one, i) => [keyed[i] as NewTask, one]));
  const results = items.map((item): Accepted => {
    const { taskId } = item.task;
    return found.get(item) ?? { kind: known.has(taskId) ? "repeated" : "created", taskId };
  });
  const fresh = items.filter((_, i) => results[i]?.kind === "created");
  const placed = await placeInLines(db, db.knex, fresh);
  await insertTasks(db.knex, placed);
  await countTransitions(db.knex, items.at(-1)?.task.createdAt ?? epochMs(0), placed.map(creation));
  const held = new Set(placed.flatMap(({ task }) => (isHeld(task) ? [task.taskId] : [])));
  return results.map((result) =>
    result.kind === "created" && held.has(result.taskId) ? { ...result, held: true } : result,
  );
}

const hasKey = (item: NewTask): item is NewTask & Claim => item.idempotency !== null;

function insertTasks(trx: Knex, items: NewTask[]): Promise<void> {
  return insertMany(
    trx,
    "tasks",
    TASK_COLUMNS,
    items.map(({ row }) => row),
  );
}

async function knownIds(knex: Knex, items: NewTask[]): Promise<Set<TaskId>> {
  const keys = items.map(({ task }) => taskIdToBytes(task.taskId));
  const rows = await knex("tasks").select("task_id").whereIn("task_id", keys);
  return new Set(rows.map((row) => taskIdFromBytes(row.task_id)));
}

/** Ordered tasks as their lines want them: numbered, and without a time where their turn is to come. */
async function placeInLines(db: Database, trx: Knex, items: NewTask[]): Promise<NewTask[]> {
  const ordered = items.filter(({ task }) => task.orderKey !== null);
  if (ordered.length === 0) return items;
  const lines = new Lines(db, trx);
  const tasks = ordered.map(({ task }) => task);
  await lines.lock(linesOf(tasks));
  const placed = new Map((await lines.append(tasks)).map((task) => [task.taskId, task]));
  return items.map((item) => {
    const task = placed.get(item.task.taskId);
    return task ? { ...item, task, row: taskToRow(task, db.sealing) } : item;
  });
}
