/** Writing where tasks stand: many rows in few statements, or one row in a statement that stays prepared. */
import type { Knex } from "knex";
import type { EpochMs } from "../core/clock.ts";
import { taskIdToBytes } from "../core/ids.ts";
import type { Progress } from "../core/task.ts";
import type { Insert, Statement } from "./drivers/statement.ts";
import { type LockedTask, stateCode } from "./rows.ts";
import { placeholders } from "./sql.ts";

export interface ProgressChange {
  /** As they are to be. */
  tasks: LockedTask[];
  /** Counts may have grown by other than one. */
  severalEach: boolean;
  now: EpochMs;
}

/** What recording writes, decided from the locked rows. */
export interface Plan extends ProgressChange {
  inserts: Insert[];
}

/** The columns of {@link Progress} and how to fill them. */
export const PROGRESS: [column: string, value: (progress: Progress) => unknown][] = [
  ["state", ({ state }) => stateCode(state)],
  ["call_count", ({ callCount }) => callCount],
  ["manual_calls", ({ manualCalls }) => manualCalls],
  ["next_call_at", ({ nextCallAt }) => nextCallAt],
  ["finished_at", ({ finishedAt }) => finishedAt],
  ["last_error_code", ({ lastError }) => lastError?.code ?? null],
  ["last_error_message", ({ lastError }) => lastError?.message.slice(0, 500) ?? null],
];

/**
 * Writes the new progress of many tasks. Successes differ in nothing but their key and share one statement; the rest
 * share another with a CASE per column. (An upsert would need every column of the row; one UPDATE per row was
 * 6 times slower in batches of 100.)
 */
export function progressStatements({ tasks, severalEach, now }: ProgressChange): Statement[] {
  // Where a task has two records in one batch its count grows by two.
  const isDelivered = (task: LockedTask) => !severalEach && task.state === "succeeded";
  const delivered = tasks.filter(isDelivered);
  const others = tasks.filter((task) => !isDelivered(task));
  const statements: Statement[] = [];
  if (delivered.length > 0) {
    statements.push({
      text: `UPDATE tasks SET state = ?, call_count = call_count + 1, next_call_at = NULL, finished_at = ?,
         updated_at = ?, last_error_code = NULL, last_error_message = NULL
       WHERE task_id IN ${placeholders(delivered.length)}`,
      values: [stateCode("succeeded"), now, now, ...delivered.map(({ taskId }) => taskIdToBytes(taskId))],
    });
  }
  if (others.length > 0) {
    const keys = others.map(({ taskId }) => taskIdToBytes(taskId));
    const cases = PROGRESS.map(
      ([column]) => `${column} = CASE task_id ${"WHEN ? THEN ? ".repeat(keys.length)}END`,
    );
    statements.push({
      text: `UPDATE tasks SET updated_at = ?, ${cases.join(", ")} WHERE task_id IN ${placeholders(keys.length)}`,
      values: [
        now,
        ...PROGRESS.flatMap(([, value]) => others.flatMap((task, i) => [keys[i], value(task)])),
        ...keys,
      ],
    });
  }
  return statements;
}

/** {@link progressStatements}, in a transaction of Knex's. */
export async function updateProgress(trx: Knex, change: ProgressChange): Promise<void> {
  for (const { text, values } of progressStatements(change)) await trx.raw(text, values as Knex.RawBinding[]);
}

/** One task's progress; takes a {@link progressRow}. */
export const UPDATE_ONE = `UPDATE tasks SET updated_at = ?, ${PROGRESS.map(([column]) => `${column} = ?`).join(", ")}
  WHERE task_id = ?`;

export const progressRow = (task: LockedTask, now: EpochMs): unknown[] => [
  now,
  ...PROGRESS.map(([, value]) => value(task)),
  taskIdToBytes(task.taskId),
];
