/**
 * Which task is a copy of which. Beside the tasks: few are copies, and all of them are read and written often.
 *
 * A task, its copies and their copies are a family, by its first original (`root`). What counts for a task are the members that
 * were made after it: while one of those is open, or when it has succeeded, the task is not called again with many others.
 */
import type { Actor } from "../core/caller.ts";
import { type TaskId, taskIdFromBytes, taskIdToBytes } from "../core/ids.ts";
import { Columns, objectOf } from "./columns.ts";
import type { Database } from "./database.ts";
import { reading, withRetries } from "./failures.ts";
import type { Position } from "./retention.ts";
import { type Row, stateCode } from "./rows.ts";

/** Who wants the originals of a copy resolved once it succeeds. */
export interface ResolveWish {
  actor: Actor;
  sourceIp: string | null;
  requestPath?: string | null;
  note: string | null;
}

/** In the transaction that stores the copy. */
export async function linkResend(
  within: Database,
  taskId: TaskId,
  original: TaskId,
  wish: ResolveWish | null,
): Promise<void> {
  await within.knex("task_resends").insert({
    task_id: taskIdToBytes(taskId),
    resend_of: taskIdToBytes(original),
    root: await rootOf(within, taskIdToBytes(original)),
    resolves: wish && 1,
    resolve_by: wish && JSON.stringify(wish),
  });
}

/** The first original of a family, from any of its members. A copy that does not know it yet is gone up from. */
async function rootOf({ knex }: Database, member: Buffer): Promise<Buffer> {
  for (let at = member; ; ) {
    const row: Row | undefined = await knex("task_resends").where("task_id", at).first("root", "resend_of");
    if (!row) return at;
    if (row.root !== null) return row.root as Buffer;
    at = row.resend_of as Buffer;
  }
}

/**
 * Copies that a node of an earlier release has made do not know their root: it is found for some of them.
 * @returns false when there was none
 */
export async function adoptCopies(db: Database, atOnce = 100): Promise<boolean> {
  const rows = await reading<Row[]>(
    db.knex("task_resends").whereNull("root").orderBy("task_id").limit(atOnce).select("task_id", "resend_of"),
  );
  for (const { task_id, resend_of } of rows) {
    const root = await rootOf(db, resend_of as Buffer);
    await withRetries(() => db.knex("task_resends").where({ task_id }).update({ root }));
  }
  return rows.length > 0;
}

/** What a task is a copy of; it may be pruned. Null where it is none. */
export async function originalOf(
  db: Database,
  taskId: TaskId,
): Promise<{ taskId: TaskId; resolves: boolean } | null> {
  const [row] = await reading<Row[]>(db.knex("task_resends").where("task_id", taskIdToBytes(taskId)));
  return row
    ? { taskId: taskIdFromBytes(row.resend_of as Buffer), resolves: Number(row.resolves ?? 0) === 1 }
    : null;
}

/** Copies that a task's page can name. */
const MOST_COPIES = 20;

/** The newest copies of a task that are not pruned. */
export async function copiesOf(db: Database, taskId: TaskId): Promise<TaskId[]> {
  const rows = await reading<Row[]>(
    db
      .knex("task_resends")
      .select("task_id")
      .where("resend_of", taskIdToBytes(taskId))
      .orderBy("task_id", "desc")
      .limit(MOST_COPIES),
  );
  return rows.map((row) => taskIdFromBytes(row.task_id as Buffer));
}

/** A copy that stands in a task's place. */
export interface Replacement {
  taskId: TaskId;
  state: "succeeded" | "pending";
}

/** Why a task that has such a copy is left alone when many are called again. */
export const REPLACED: Record<Replacement["state"], string> = {
  succeeded: "a copy of it has succeeded",
  pending: "a copy of it is still open",
};

const REPLACING: readonly Replacement["state"][] = ["pending", "succeeded"];

/** Of these tasks, those that a later member of their family replaces; one that has succeeded before one that is open. */
export async function replacementsOf(db: Database, tasks: Position[]): Promise<Map<TaskId, Replacement>> {
  const found = new Map<TaskId, Replacement>();
  if (tasks.length === 0) return found;
  const ids = tasks.map(({ taskId }) => taskIdToBytes(taskId));
  const own = await reading<Row[]>(
    db.knex("task_resends").whereIn("task_id", ids).whereNotNull("root").select("task_id", "root"),
  );
  const roots = new Map(
    own.map((row) => [taskIdFromBytes(row.task_id as Buffer), taskIdFromBytes(row.root as Buffer)]),
  );
  const familyOf = ({ taskId }: Position): TaskId => roots.get(taskId) ?? taskId;
  const families = [...new Set(tasks.map(familyOf))].map(taskIdToBytes);
  // By the copies, which are few: SQLite would begin with all tasks of these states.
  const copies = db.knex.raw(
    `task_resends AS c ${db.driver.joinInOrder} tasks AS n ON n.task_id = c.task_id`,
  );
  const members = await reading<Row[]>(
    db
      .knex(copies)
      .whereIn("c.root", families)
      .whereIn("n.state", REPLACING.map(stateCode))
      .select("c.root", "n.task_id", "n.state", "n.created_at"),
  );
  if (members.length === 0) return found;
  const byRoot = Map.groupBy(members, ({ root }) => taskIdFromBytes(root as Buffer));
  for (const task of tasks) {
    for (const member of byRoot.get(familyOf(task)) ?? []) {
      const taskId = taskIdFromBytes(member.task_id as Buffer);
      if (taskId === task.taskId || (member.created_at as number) < task.createdAt) continue;
      const state = Number(member.state) === stateCode("succeeded") ? "succeeded" : "pending";
      if (state === "succeeded" || !found.has(task.taskId)) found.set(task.taskId, { taskId, state });
    }
  }
  return found;
}

/** A copy that has succeeded, and whose originals somebody wants resolved. */
export interface DueWish {
  copy: TaskId;
  /** What it is a copy of, what that is a copy of, and so on. */
  originals: TaskId[];
  by: ResolveWish;
}

/** Wishes that one look goes through. */
const LOOK = 500;
/** Copies of copies that are gone up. */
const MOST_GENERATIONS = 100;

/**
 * Looks at wishes behind `after`, some at a time. One whose original is open again waits for its end.
 * @returns those that can be fulfilled now; and where to go on, null from the beginning
 */
export async function dueWishes(
  db: Database,
  after: TaskId | null,
  look = LOOK,
): Promise<{ due: DueWish[]; next: TaskId | null }> {
  const wished = db
    .knex("task_resends")
    .where("resolves", 1)
    .orderBy("task_id")
    .limit(look)
    .select("task_id", "resend_of", "resolve_by");
  if (after !== null) wished.where("task_id", ">", taskIdToBytes(after));
  const rows = await reading<Row[]>(wished);
  if (rows.length === 0) return { due: [], next: null };
  const keys = rows.flatMap(({ task_id, resend_of }) => [task_id as Buffer, resend_of as Buffer]);
  const states = await reading<Row[]>(db.knex("tasks").whereIn("task_id", keys).select("task_id", "state"));
  const stateOf = new Map(states.map((row) => [taskIdFromBytes(row.task_id as Buffer), Number(row.state)]));
  const due: DueWish[] = [];
  for (const row of rows) {
    const copy = taskIdFromBytes(row.task_id as Buffer);
    const original = taskIdFromBytes(row.resend_of as Buffer);
    if (stateOf.get(copy) !== stateCode("succeeded") || stateOf.get(original) === stateCode("pending"))
      continue;
    const by = new Columns(row).read("resolve_by", objectOf, NOBODY) as unknown as ResolveWish;
    due.push({ copy, originals: await originalsOf(db, original), by });
  }
  const last = rows.length < look ? undefined : rows.at(-1);
  return { due, next: last ? taskIdFromBytes(last.task_id as Buffer) : null };
}

/** Of a wish that cannot be read. */
const NOBODY = {
  actor: { kind: "node", id: null, name: "unknown", role: null },
  sourceIp: null,
  requestPath: null,
  note: null,
};

async function originalsOf(db: Database, first: TaskId): Promise<TaskId[]> {
  const chain = [first];
  while (chain.length < MOST_GENERATIONS) {
    const next = await originalOf(db, chain.at(-1) as TaskId);
    if (next === null) break;
    chain.push(next.taskId);
  }
  return chain;
}

/**
 * Part of the transaction that fulfils a wish.
 * @returns whether it was there still; otherwise another node has fulfilled it, and the transaction is to be given up
 */
export async function endWish(within: Database, copy: TaskId): Promise<boolean> {
  const ended = await within
    .knex("task_resends")
    .where({ task_id: taskIdToBytes(copy), resolves: 1 })
    .update({ resolves: 0 });
  return ended === 1;
}
