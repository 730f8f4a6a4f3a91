/** What the database has of tasks and attempts. */
import { createConnection, type RowDataPacket } from "mysql2/promise";
import { type TaskId, taskIdToBytes } from "../../../core/ids.ts";

const STATES = ["pending", "succeeded", "exhausted", "canceled", "resolved"] as const;

export interface TaskRow {
  taskId: string;
  state: (typeof STATES)[number];
  callCount: number;
  limit: number;
  url: string;
}

export interface AttemptRow {
  taskId: string;
  n: number;
  status: number | null;
  error: string | null;
}

/** All tasks and attempts of a database; `url` goes past the proxies. */
export async function readDatabase(url: string): Promise<{ tasks: TaskRow[]; attempts: AttemptRow[] }> {
  const connection = await createConnection({ uri: url });
  try {
    const [tasks] = await connection.query<RowDataPacket[]>(
      "SELECT LOWER(HEX(task_id)) AS id, state, call_count, limit_call_count, url FROM tasks",
    );
    const [attempts] = await connection.query<RowDataPacket[]>(
      "SELECT LOWER(HEX(task_id)) AS id, n, status_code, error_code FROM attempts ORDER BY task_id, n",
    );
    return {
      tasks: tasks.map((row) => ({
        taskId: uuid(row.id),
        state: STATES[row.state as number] as TaskRow["state"],
        callCount: row.call_count,
        limit: row.limit_call_count,
        url: row.url,
      })),
      attempts: attempts.map((row) => ({
        taskId: uuid(row.id),
        n: row.n,
        status: row.status_code,
        error: row.error_code,
      })),
    };
  } finally {
    await connection.end();
  }
}

/** Which of these tasks have ended. @throws the driver's error where the database cannot be reached */
export async function endedAmong(url: string, taskIds: string[]): Promise<string[]> {
  const connection = await createConnection({ uri: url });
  try {
    const [rows] = await connection.query<RowDataPacket[]>(
      "SELECT LOWER(HEX(task_id)) AS id FROM tasks WHERE state <> ? AND task_id IN (?)",
      [STATES.indexOf("pending"), taskIds.map((id) => taskIdToBytes(id as TaskId))],
    );
    return rows.map(({ id }) => uuid(id));
  } finally {
    await connection.end();
  }
}

const uuid = (hex: string) => hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
