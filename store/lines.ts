/**
 * Lines: the tasks of one app with one `orderKey`. One of them, the head, is in the due set; those behind it are
 * pending without a time. The end of the head and the release of the next are one transaction. docs/ordering.md has
 * the whole protocol, and why it cannot deadlock:
 *
 * 1. Lines are waited for with nothing else locked but idempotency keys, all in one statement, in order of their ids.
 * 2. Task rows are waited for in order of their ids, as everywhere.
 * 3. A transaction that holds task rows never waits for a line or for the row of a task to be released: it starts again, with its
 *    lines locked first ({@link LinesNeeded}), or as after any lost lock race.
 */
import { createHash } from "node:crypto";
import type { Knex } from "knex";
import { type EpochMs, epochMs } from "../core/clock.ts";
import { type TaskId, taskIdToBytes } from "../core/ids.ts";
import { isHeld } from "../core/task.ts";
import type { Database } from "./database.ts";
import { isLockTaken, translated, withRetries } from "./failures.ts";
import {
  addPlaces,
  firstPlaces,
  headOf,
  type Line,
  type LineId,
  lockLines,
  type Place,
  removePlaces,
  takeLines,
  writeLines,
} from "./line-rows.ts";
import { lockTasks } from "./locking.ts";
import type { LockedTask, StoredTask } from "./rows.ts";
import { placeholders } from "./sql.ts";

/** A task that was changed in this transaction. `after` may still be corrected. */
export interface Change<T extends LockedTask = LockedTask> {
  before: T;
  after: T;
}

/** Some line is somebody else's just now: to be begun again, with the lines locked first. */
class LinesNeeded extends Error {
  readonly lines: LineId[];

  constructor(lines: LineId[]) {
    super("these lines have to be locked first");
    this.lines = lines;
  }
}

/** Runs a transaction that may change ordered tasks, from the start again where locks demand it. */
export async function transactionWithLines<T>(
  db: Database,
  work: (trx: Knex.Transaction, lines: Lines) => Promise<T>,
): Promise<T> {
  const needed = new Set<LineId>();
  for (;;) {
    try {
      return await withRetries(() =>
        db.knex.transaction(async (trx) => {
          const lines = new Lines(db, trx);
          await lines.lock([...needed]);
          return work(trx, lines);
        }),
      );
    } catch (error) {
      if (!(error instanceof LinesNeeded)) throw error;
      for (const line of error.lines) needed.add(line);
    }
  }
}

/** The task whose turn it is in the line of a held task; null for all others. */
export async function holderOf(db: Database, task: StoredTask): Promise<TaskId | null> {
  const line = isHeld(task) ? lineOf(task) : null;
  if (line === null) return null;
  try {
    return await headOf(db, line);
  } catch (error) {
    throw translated(error);
  }
}

/** The lines that one transaction has locked, and what it does with them. */
export class Lines {
  readonly #db: Database;
  readonly #trx: Knex;
  readonly #held = new Map<LineId, Line>();

  constructor(db: Database, trx: Knex) {
    this.#db = db;
    this.#trx = trx;
  }

  /** Waits for lines, and makes those that do not exist; before any task row is locked. */
  async lock(ids: LineId[]): Promise<void> {
    if (ids.length === 0) return;
    this.#hold(await lockLines(this.#db, this.#trx, ids));
  }

  /**
   * Gives new tasks their places, at the end of their lines and in this order. The first of an idle line is its head;
   * the others are held.
   * @returns them as they are to be inserted
   */
  async append(tasks: StoredTask[]): Promise<StoredTask[]> {
    const joining: Place[] = [];
    const touched = new Set<LineId>();
    const placed = tasks.map((task): StoredTask => {
      const id = lineOf(task);
      if (id === null) return task;
      const line = this.#line(id);
      touched.add(id);
      // Not below the time: a line that was pruned and comes again goes on behind what it had before.
      line.lastSeq = Math.max(line.lastSeq + 1, task.createdAt);
      const ordered = { ...task, orderSeq: line.lastSeq };
      if (line.head === null) {
        line.head = task.taskId;
        return ordered;
      }
      joining.push(placeOf(id, ordered));
      return { ...ordered, nextCallAt: null };
    });
    await addPlaces(this.#trx, joining);
    await this.#write(touched);
    return placed;
  }

  /**
   * Takes the lines that changed tasks belong to, and corrects the changes: a task that comes back while another one
   * is head is held, and one that was held stays so. To be called before the changes are written.
   * @throws LinesNeeded
   */
  async prepare<T extends LockedTask>(changes: Change<T>[]): Promise<Change<T>[]> {
    const moves = changes.filter(changesLine);
    if (moves.length === 0) return changes;
    moves.sort((a, b) => (a.after.orderSeq as number) - (b.after.orderSeq as number));
    await this.#take(moves.map(({ after }) => lineOf(after) as LineId));
    const joining: Place[] = [];
    const leaving: Place[] = [];
    const corrected = new Map<TaskId, T>();
    const touched = new Set<LineId>();
    for (const { before, after } of moves) {
      const id = lineOf(after) as LineId;
      const line = this.#line(id);
      // It leaves its place, or takes it anew with another time.
      if (isHeld(before)) leaving.push(placeOf(id, before));
      if (after.state !== "pending") continue;
      if (line.head === null) {
        line.head = after.taskId;
        touched.add(id);
      } else if (line.head !== after.taskId) {
        joining.push(placeOf(id, after));
        corrected.set(after.taskId, { ...after, nextCallAt: null });
      }
    }
    await removePlaces(this.#trx, leaving);
    await addPlaces(this.#trx, joining);
    await this.#write(touched);
    return changes.map(({ before, after }) => ({ before, after: corrected.get(after.taskId) ?? after }));
  }

  /**
   * Lets the next go where the head of a line has ended. To be called after the changes are written.
   * @returns the task that was released, by the id of the one that ended
   */
  async release(changes: Change[], now: EpochMs): Promise<Map<TaskId, LockedTask>> {
    const vacant = new Map<LineId, TaskId>();
    for (const { after } of changes.filter(changesLine)) {
      const id = lineOf(after) as LineId;
      const line = this.#line(id);
      if (after.state === "pending" || line.head !== after.taskId) continue;
      line.head = null;
      vacant.set(id, after.taskId);
    }
    const ended = [...vacant.keys()];
    const released = new Map<TaskId, LockedTask>();
    for (let next = await this.#first(ended); next.length > 0; next = await this.#first([...vacant.keys()])) {
      await removePlaces(this.#trx, next);
      const tasks = await lockTasks(
        this.#db,
        this.#trx,
        next.map(({ taskId }) => taskId),
        "nowait",
      );
      for (const place of next) {
        const task = tasks.get(place.taskId);
        // Somebody deleted the row by hand: the one after it.
        if (!task || !isHeld(task)) continue;
        this.#line(place.line).head = task.taskId;
        const nextCallAt = epochMs(Math.max(now, place.notBefore));
        released.set(vacant.get(place.line) as TaskId, { ...task, nextCallAt, updatedAt: now });
        vacant.delete(place.line);
      }
    }
    await this.#callAt([...released.values()], now);
    await this.#write(ended);
    return released;
  }

  #line(id: LineId): Line {
    const line = this.#held.get(id);
    if (!line) throw new Error(`line ${id} is not locked`);
    return line;
  }

  /** Takes lines while rows are locked: at once or not at all. */
  async #take(ids: LineId[]): Promise<void> {
    const wanted = [...new Set(ids)].filter((id) => !this.#held.has(id));
    if (wanted.length === 0) return;
    try {
      this.#hold(await takeLines(this.#db, this.#trx, wanted));
    } catch (error) {
      throw isLockTaken(error) ? new LinesNeeded(wanted) : error;
    }
    // Pruned since: it has to be made, which is waiting too.
    if (wanted.some((id) => !this.#held.has(id))) throw new LinesNeeded(wanted);
  }

  #hold(lines: Map<LineId, Line>): void {
    for (const [id, line] of lines) this.#held.set(id, line);
  }

  #write(ids: Iterable<LineId>): Promise<void> {
    return writeLines(
      this.#db,
      this.#trx,
      Array.from(ids, (id) => [id, this.#line(id)]),
    );
  }

  #first(ids: LineId[]): Promise<Place[]> {
    return firstPlaces(this.#db, this.#trx, ids);
  }

  async #callAt(tasks: LockedTask[], now: EpochMs): Promise<void> {
    if (tasks.length === 0) return;
    const keys = tasks.map(({ taskId }) => taskIdToBytes(taskId));
    await this.#trx.raw(
      `UPDATE tasks SET updated_at = ?, next_call_at = CASE task_id ${"WHEN ? THEN ? ".repeat(keys.length)}END
       WHERE task_id IN ${placeholders(keys.length)}`,
      [now, ...tasks.flatMap(({ nextCallAt }, i) => [keys[i], nextCallAt]), ...keys] as never[],
    );
  }
}

/** The lines of these tasks, each once. */
export const linesOf = (tasks: LockedTask[]): LineId[] => [
  ...new Set(tasks.flatMap((task) => lineOf(task) ?? [])),
];

function lineOf({ appId, orderKey }: LockedTask): LineId | null {
  if (orderKey === null) return null;
  return createHash("sha256").update(`${appId}:${orderKey}`).digest("hex").slice(0, 32);
}

/** Whether a change touches its line: an ordered task that ended, came back, or was held and had a late outcome. */
export function changesLine({ before, after }: Change): boolean {
  if (after.orderKey === null) return false;
  const endsOrReturns = (before.state === "pending") !== (after.state === "pending");
  return endsOrReturns || (isHeld(before) && !isHeld(after));
}

const placeOf = (line: LineId, task: LockedTask): Place => ({
  line,
  seq: task.orderSeq as number,
  taskId: task.taskId,
  notBefore: task.nextCallAt ?? epochMs(0),
});
