/**
 * The usual case of recording, in two round trips: lock and read the rows; then write everything and commit. One per
 * statement would be six. SQLite runs the same as one step with statements that stay prepared.
 *
 * What needs other rows too (lines, alarms) is not for here: the plan is null then, nothing is written, and the caller
 * takes the general way.
 */
import { type TaskId, taskIdToBytes } from "../core/ids.ts";
import { BEGIN, COMMIT, type Insert, insertEach, statementFor } from "./commit-inserts.ts";
import {
  asked,
  lent,
  type MysqlConnection,
  rollBack,
  type SqliteConnection,
  type Statement,
  statementOf,
} from "./connection.ts";
import type { Database } from "./database.ts";
import { LOCKED_COLUMNS, lockStatement } from "./locking.ts";
import { type ProgressChange, progressRow, progressStatements, UPDATE_ONE } from "./progress.ts";
import { type Row, type StoredTask, taskFromRow } from "./rows.ts";

/** What is to be written, decided from the locked rows. */
export interface Plan extends ProgressChange {
  inserts: Insert[];
}

/**
 * @param plan gets the locked tasks; runs again where the transaction does
 * @returns false where `plan` gave null; then nothing was changed
 */
export function recordAtOnce(
  db: Database,
  ids: TaskId[],
  plan: (tasks: Map<TaskId, StoredTask>) => Plan | null,
): Promise<boolean> {
  return db.dialect === "sqlite"
    ? lent<SqliteConnection.Database, boolean>(db, (own) => inSqlite(own, ids, plan))
    : lent<MysqlConnection, boolean>(db, (own) => inMysql(own, ids, plan));
}

async function inMysql(
  connection: MysqlConnection,
  ids: TaskId[],
  plan: (tasks: Map<TaskId, StoredTask>) => Plan | null,
): Promise<boolean> {
  try {
    const [, rows] = await asked(connection, [BEGIN, lockStatement("mysql", ids, "wait")]);
    const planned = plan(byId(rows as Row[]));
    if (planned) await asked(connection, [...statementsOf(planned), COMMIT]);
    else await rollBack(connection);
    return planned !== null;
  } catch (error) {
    // The server stops at what failed, with the transaction open.
    await rollBack(connection);
    throw error;
  }
}

function statementsOf(plan: Plan): Statement[] {
  const inserts = plan.inserts.filter(({ rows }) => rows.length > 0);
  return [...inserts.map(statementFor), ...progressStatements(plan)];
}

/** Row by row: a statement that is prepared once costs less than one text for many rows. */
function inSqlite(
  connection: SqliteConnection.Database,
  ids: TaskId[],
  plan: (tasks: Map<TaskId, StoredTask>) => Plan | null,
): boolean {
  const all = () => {
    const read = statementOf(connection, `SELECT ${LOCKED_COLUMNS} FROM tasks WHERE task_id = ?`);
    const rows = ids.map((id) => read.get(taskIdToBytes(id)) as Row | undefined);
    const planned = plan(byId(rows.filter((row) => row !== undefined)));
    if (!planned) return false;
    insertEach(connection, planned.inserts);
    const update = statementOf(connection, UPDATE_ONE);
    for (const task of planned.tasks) update.run(progressRow(task, planned.now));
    return true;
  };
  return connection.transaction(all).immediate();
}

const byId = (rows: Row[]): Map<TaskId, StoredTask> =>
  new Map(rows.map((row) => taskFromRow(row)).map((task) => [task.taskId, task]));
