/**
 * Pruning: what is finished and old goes, a few rows per transaction. Any number of nodes may prune at the same time
 * and any of them may die: each step looks anew, under the rows' locks.
 *
 * Candidates are found by `created_at`, whose index is there for lists anyway: who finished before a moment was created
 * before it. An index on `finished_at` would cost every delivery a change of it; the primary key (UUIDv7, so in order of
 * creation too) would do as long as all ids are ours, but imported tasks bring their own.
 */
import { type EpochMs, epochMs } from "../core/clock.ts";
import { type TaskId, taskIdFromBytes, taskIdToBytes } from "../core/ids.ts";
import type { Database } from "./database.ts";
import { withRetries } from "./failures.ts";
import { lockTasks } from "./locking.ts";
import { placeholders } from "./sql.ts";
import { countTransitions } from "./stats/count.ts";

/** How far a walk over the tasks has come. */
export interface Position {
  createdAt: EpochMs;
  taskId: TaskId;
}

export interface Step<P> {
  /** Rows that were looked at. */
  seen: number;
  /** Tasks, keys or lines that went. */
  pruned: number;
  /** Where to go on; null at the end. */
  next: P | null;
}

/**
 * Looks at the next `limit` tasks created before `cutoff`, and deletes those that finished before it, with their
 * attempts. Open ones, and those that finished later, are passed over.
 */
export async function pruneTasks(
  db: Database,
  cutoff: EpochMs,
  after: Position | null,
  limit: number,
  now: EpochMs,
): Promise<Step<Position>> {
  return withRetries(async () => {
    const query = db
      .knex("tasks")
      .select("task_id", "created_at", "finished_at")
      .where("created_at", "<", cutoff)
      .orderBy([{ column: "created_at" }, { column: "task_id" }])
      .limit(limit);
    if (after !== null) {
      query
        .where("created_at", ">=", after.createdAt)
        .whereNot((seen) =>
          seen.where("created_at", after.createdAt).where("task_id", "<=", taskIdToBytes(after.taskId)),
        );
    }
    const rows: { task_id: Buffer; created_at: EpochMs; finished_at: EpochMs | null }[] = await query;
    const old = rows.filter(({ finished_at }) => finished_at !== null && finished_at < cutoff);
    const pruned = await deleteTasks(
      db,
      old.map(({ task_id }) => taskIdFromBytes(task_id)),
      cutoff,
      now,
    );
    const last = rows.length < limit ? undefined : rows.at(-1);
    const next = last ? { createdAt: last.created_at, taskId: taskIdFromBytes(last.task_id) } : null;
    return { seen: rows.length, pruned, next };
  });
}

/** Under their locks: one that was sent again by hand a moment ago is not finished any more. */
async function deleteTasks(db: Database, ids: TaskId[], cutoff: EpochMs, now: EpochMs): Promise<number> {
  if (ids.length === 0) return 0;
  return db.knex.transaction(async (trx) => {
    const tasks = await lockTasks(db, trx, ids);
    const old = Array.from(tasks.values()).filter(
      ({ finishedAt }) => finishedAt !== null && finishedAt < cutoff,
    );
    const keys = old.map(({ taskId }) => taskIdToBytes(taskId));
    if (keys.length === 0) return 0;
    for (const table of ["attempts", "task_resends", "tasks"])
      await trx.raw(`DELETE FROM ${table} WHERE task_id IN ${placeholders(keys.length)}`, keys);
    await countTransitions(
      trx,
      now,
      old.map(({ appId, lane, state }) => ({ appId, lane, from: state, to: null })),
    );
    return keys.length;
  });
}

/**
 * Deletes up to `limit` idempotency keys made before `cutoff`. A key is as old as its task, so the keys of pruned
 * tasks are among them.
 */
export async function pruneKeys(db: Database, cutoff: EpochMs, limit: number): Promise<Step<true>> {
  return withRetries(async () => {
    const rows: { app_id: number; key_hash: Buffer }[] = await db
      .knex("idempotency_keys")
      .select("app_id", "key_hash")
      .where("created_at", "<", cutoff)
      .orderBy("created_at")
      .limit(limit);
    // In the order in which accepting locks them.
    rows.sort((a, b) => Buffer.compare(a.key_hash, b.key_hash));
    let pruned = 0;
    for (const [appId, part] of Map.groupBy(rows, ({ app_id }) => app_id)) {
      pruned += await db
        .knex("idempotency_keys")
        .where("app_id", appId)
        .whereIn(
          "key_hash",
          part.map(({ key_hash }) => key_hash),
        )
        .where("created_at", "<", cutoff)
        .delete();
    }
    return { seen: rows.length, pruned, next: rows.length < limit ? null : true };
  });
}

/** Looks at the next `limit` lines of ordered tasks, and deletes those that are idle and got their last task before `cutoff`. */
export async function pruneLines(
  db: Database,
  cutoff: EpochMs,
  after: Buffer | null,
  limit: number,
): Promise<Step<Buffer>> {
  return withRetries(async () => {
    const answer = await db.knex.raw(
      "SELECT line_id, last_seq, head_id FROM order_lines WHERE line_id > ? ORDER BY line_id LIMIT ?",
      [after ?? Buffer.alloc(0), limit],
    );
    const rows = db.driver.rowsOf(answer);
    const idle = rows.filter(({ last_seq, head_id }) => head_id === null && (last_seq as number) < cutoff);
    const pruned =
      idle.length === 0
        ? 0
        : await db
            .knex("order_lines")
            .whereIn(
              "line_id",
              idle.map(({ line_id }) => line_id as Buffer),
            )
            // Looked at again under its lock: a task may have come.
            .whereNull("head_id")
            .where("last_seq", "<", epochMs(cutoff))
            .delete();
    const last = rows.length < limit ? undefined : rows.at(-1);
    return { seen: rows.length, pruned, next: last ? (last.line_id as Buffer) : null };
  });
}
