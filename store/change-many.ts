/** Changes by hand of many tasks: which they are, and one batch of them in one transaction. */
import type { EpochMs } from "../core/clock.ts";
import { BidaError } from "../core/errors.ts";
import { type TaskId, taskIdFromBytes, taskIdToBytes } from "../core/ids.ts";
import { type DueEntry, dueEntryOf } from "../core/job.ts";
import type { Limits, Progress } from "../core/task.ts";
import { type Database, forSearch } from "./database.ts";
import { reading } from "./failures.ts";
import { type Change, transactionWithLines } from "./lines.ts";
import { lockTasks } from "./locking.ts";
import { updateProgress } from "./progress.ts";
import { matching, type TaskFilter } from "./read.ts";
import type { Position } from "./retention.ts";
import { type LockedTask, progressFromRow, type Row } from "./rows.ts";
import { type Scope, scoped } from "./scope.ts";
import { placeholders } from "./sql.ts";
import { countTransitions } from "./stats/count.ts";

/** A task that a filter or a selection found. */
export interface Candidate extends Position {
  /** Its place in the due set; null where it has none. */
  entry: DueEntry | null;
  /** Calls that were on record. */
  callCount: number;
}

/** Without payloads, of which a thousand would fill memory. */
const COLUMNS = [
  "task_id",
  "app_id",
  "lane",
  "state",
  "call_count",
  "manual_calls",
  "next_call_at",
  "finished_at",
  "last_error_code",
  "last_error_message",
  "created_at",
];

/** How many tasks a filter finds. */
export async function countMatching(db: Database, scope: Scope, filter: TaskFilter): Promise<number> {
  const [row] = (await reading(matching(forSearch(db), scope, filter).count({ n: "*" }))) as Row[];
  return Number(row?.n ?? 0);
}

/**
 * {@link nextMatching} among the next `look` tasks of all only, whatever the filter: a search for what is rare among
 * millions would reach the limit of a statement, again and again.
 * @returns what was found, and up to where that is all there is; `end` null: there is nothing behind it
 */
export async function searchMatching(
  db: Database,
  scope: Scope,
  filter: TaskFilter,
  after: Position | null,
  limit: number,
  look: number,
): Promise<{ found: Candidate[]; end: Position | null }> {
  const ahead = db.knex("tasks").select("created_at", "task_id");
  if (filter.asOf !== undefined) ahead.where("created_at", "<=", filter.asOf);
  inOrder(ahead, after);
  const [row] = await reading<Row[]>(ahead.limit(1).offset(look - 1));
  const end = row ? positionOf(row) : null;
  const found = await nextMatching(db, scope, filter, after, limit, end);
  return { found, end: found.length === limit ? (found.at(-1) as Candidate) : end };
}

/** What Knex's and Objection's queries have in common. */
interface Ordered {
  orderBy(column: string): unknown;
  where(column: string, operator: string, value: unknown): unknown;
  whereRaw(sql: string, bindings: (number | Buffer)[]): unknown;
}

/** Oldest first, behind `after`. The first condition is the one that an index can use. */
function inOrder(query: Ordered, after: Position | null): void {
  query.orderBy("created_at");
  query.orderBy("task_id");
  if (after === null) return;
  query.where("created_at", ">=", after.createdAt);
  query.whereRaw("(created_at > ? OR task_id > ?)", [after.createdAt, taskIdToBytes(after.taskId)]);
}

/**
 * The next tasks that a filter finds, oldest first.
 * @param after the last of those before
 * @param end none behind this one
 */
export async function nextMatching(
  db: Database,
  scope: Scope,
  filter: TaskFilter,
  after: Position | null,
  limit: number,
  end: Position | null = null,
): Promise<Candidate[]> {
  const query = matching(forSearch(db), scope, filter).select(COLUMNS).limit(limit);
  inOrder(query, after);
  if (end !== null) {
    query.where("created_at", "<=", end.createdAt);
    query.whereRaw("(created_at < ? OR task_id <= ?)", [end.createdAt, taskIdToBytes(end.taskId)]);
  }
  return (await reading(query)).map(candidateOf);
}

/**
 * Whether a task that a filter found a while ago still fits: of what a filter asks for, its state can have changed, when it
 * ended, its last error and its last answer. What was answered stands elsewhere: a task that was called since does not fit.
 * (A look by SQL would cost more than the change: SQLite takes the index on the state, not the key.)
 * @param callCount when it was found
 */
export function stillFits(
  { states, asOf, errorCodes, statuses, finishedFrom, finishedTo }: TaskFilter,
  task: LockedTask,
  callCount: number,
): boolean {
  const { state, finishedAt, lastError } = task;
  const endedIn =
    finishedAt === null
      ? finishedFrom === undefined && finishedTo === undefined
      : finishedAt >= (finishedFrom ?? finishedAt) && finishedAt < (finishedTo ?? Number.POSITIVE_INFINITY);
  return (
    (states === undefined || states.includes(state)) &&
    (asOf === undefined || finishedAt === null || finishedAt <= asOf) &&
    (errorCodes === undefined || (lastError !== null && errorCodes.includes(lastError.code))) &&
    (statuses === undefined || task.callCount === callCount) &&
    endedIn
  );
}

/** Those of a selection that there are, in no order. */
export async function findCandidates(db: Database, scope: Scope, ids: TaskId[]): Promise<Candidate[]> {
  const query = scoped(db, scope).select(COLUMNS).whereIn("task_id", ids.map(taskIdToBytes));
  return (await reading(query)).map(candidateOf);
}

const positionOf = (row: Row): Position => ({
  taskId: taskIdFromBytes(row.task_id as Uint8Array),
  createdAt: row.created_at as EpochMs,
});

function candidateOf(row: Row): Candidate {
  const { taskId, createdAt } = positionOf(row);
  const lane = row.lane as DueEntry["lane"];
  const progress = progressFromRow(row);
  const entry = dueEntryOf({ taskId, lane, appId: row.app_id as number, ...progress });
  return { taskId, createdAt, entry, callCount: progress.callCount };
}

export type Rule = (task: LockedTask) => Progress & Partial<Pick<Limits, "expiresAt">>;

export interface ManyChanged {
  changes: Change[];
  /** What the ends let go, see `lines.ts`. */
  released: LockedTask[];
  /** Reason → those that a rule refused. */
  refused: Map<string, TaskId[]>;
}

/** Reason → how many. */
export const countsOf = (refused: ManyChanged["refused"]): Record<string, number> =>
  Object.fromEntries(Array.from(refused, ([reason, tasks]) => [reason, tasks.length]));

/** Part of the transaction of a batch. */
export interface Around {
  /** Before a task is locked; what it throws ends the batch, and nothing was changed. */
  before?(within: Database): Promise<void>;
  /** Once all is written. */
  after?(within: Database, changed: ManyChanged): Promise<void>;
}

/**
 * Changes as many as `rule` lets.
 * @throws BidaError unavailable; whatever `around` throws
 */
export async function changeTasks(
  db: Database,
  ids: TaskId[],
  now: EpochMs,
  rule: Rule,
  around: Around = {},
): Promise<ManyChanged> {
  return transactionWithLines(db, async (trx, lines) => {
    const within = { ...db, knex: trx };
    await around.before?.(within);
    const tasks = ids.length > 0 ? await lockTasks(db, trx, ids) : new Map<TaskId, LockedTask>();
    const refused: ManyChanged["refused"] = new Map();
    const wanted: Change[] = [];
    for (const id of ids) {
      const before = tasks.get(id);
      const after = before ? ruled(before, rule, now) : "there is no such task";
      if (typeof after === "string") refused.set(after, [...(refused.get(after) ?? []), id]);
      else wanted.push({ before: before as LockedTask, after });
    }
    const changes = await lines.prepare(wanted);
    await updateProgress(trx, { tasks: changes.map(({ after }) => after), severalEach: true, now });
    const revived = changes.filter(({ before, after }) => before.expiresAt !== after.expiresAt);
    if (revived.length > 0) {
      await trx.raw(`UPDATE tasks SET expires_at = NULL WHERE task_id IN ${placeholders(revived.length)}`, [
        ...revived.map(({ after }) => taskIdToBytes(after.taskId)),
      ]);
    }
    const released = await lines.release(changes, now);
    await countTransitions(
      trx,
      now,
      changes.map(({ before, after }) => ({
        appId: before.appId,
        lane: before.lane,
        from: before.state,
        to: after.state,
      })),
    );
    const changed = { changes, released: [...released.values()], refused };
    await around.after?.(within, changed);
    return changed;
  });
}

/** What becomes of a task; where its state forbids it, why. */
function ruled(before: LockedTask, rule: Rule, now: EpochMs): LockedTask | string {
  const after = ruling(before, rule);
  return typeof after === "string" ? after : { ...before, ...after, updatedAt: now };
}

/** What a rule says of a task; where it refuses, why. */
export function ruling<T, R>(task: T, rule: (task: T) => R): R | string {
  try {
    return rule(task);
  } catch (error) {
    if (!(error instanceof BidaError) || error.status !== 409) throw error;
    return (error.errors[0]?.message ?? error.message).split(";")[0] as string;
  }
}
