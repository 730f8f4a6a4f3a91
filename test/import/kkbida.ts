// A kkbida database made by its own schema, and what is in it.
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { type Connection, createConnection } from "mysql2/promise";
import { mysqlDatabase } from "../servers/env.ts";

const SCHEMA = readFileSync(new URL("kkbida.sql", import.meta.url), "utf8");
const ROWS_PER_INSERT = 2_000;

export interface Kkbida {
  url: string;
  connection: Connection;
  close(): Promise<void>;
}

/** A fresh one, without rows; at `url`, or in a new database. */
export async function emptyKkbida(url?: string): Promise<Kkbida> {
  const place = url ?? (await mysqlDatabase());
  const connection = await createConnection({ uri: place, multipleStatements: true, charset: "utf8mb4" });
  // Zero dates and texts that are cut are what old servers let in.
  await connection.query("SET SESSION sql_mode = ''");
  await connection.query(SCHEMA);
  return { url: place, connection, close: () => connection.end() };
}

/** The UUID (version 4) of a number. */
export function idOf(n: number): string {
  const hex = createHash("md5").update(`task ${n}`).digest("hex");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20)}`;
}

/** A row of `callback_task`; kkbida's times are wall clock of GMT+8. */
export function taskRow(more: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    taskId: idOf(1),
    url: "http://target.example/cb",
    requestMethod: "POST",
    requestParamTxt: '{"city":"上海"}',
    sourceAppName: "xxx",
    targetAppName: "yyy",
    sourceIp: "10.0.0.1",
    expectResult: "成功",
    callCount: 1,
    limitCallCount: 3,
    isSuccess: 0,
    createDate: "2026-01-31 08:00:00",
    lastModifiedDate: "2026-01-31 08:00:01",
    expireTimestamp: "2026-01-31 08:01:01",
    ...more,
  };
}

/** A row of `call_back_log`. */
export function logRow(more: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    taskId: idOf(1),
    createDate: "2026-01-31 08:00:01",
    lastModifiedDate: "2026-01-31 08:00:01",
    responseTxt: "500 null",
    isSuccess: 0,
    ...more,
  };
}

export async function insert(
  { connection }: Kkbida,
  table: string,
  rows: Record<string, unknown>[],
): Promise<void> {
  for (let i = 0; i < rows.length; i += ROWS_PER_INSERT) {
    const page = rows.slice(i, i + ROWS_PER_INSERT);
    const columns = Object.keys(page[0] ?? {});
    await connection.query(`INSERT INTO ${table} (${columns}) VALUES ?`, [
      page.map((row) => columns.map((column) => row[column])),
    ]);
  }
}

/** What `fill` put there. */
export interface Filled {
  tasks: number;
  logs: number;
  succeeded: number;
  exhausted: number;
  pending: number;
}

const wall = (ms: number): string =>
  new Date(ms + 8 * 3_600_000).toISOString().slice(0, 19).replace("T", " ");

/**
 * Tasks as a year of kkbida leaves them, three logs each on the average: of ten, seven have succeeded (after one to five
 * calls), two used up their limit, and one is in flight.
 */
export async function fill(kkbida: Kkbida, count: number, now = Date.UTC(2026, 0, 31)): Promise<Filled> {
  const filled: Filled = { tasks: count, logs: 0, succeeded: 0, exhausted: 0, pending: 0 };
  for (let from = 0; from < count; from += ROWS_PER_INSERT) {
    const tasks: Record<string, unknown>[] = [];
    const logs: Record<string, unknown>[] = [];
    for (let n = from; n < Math.min(from + ROWS_PER_INSERT, count); n++) {
      const kind = n % 10;
      const calls = kind < 7 ? 1 + (n % 5) : kind < 9 ? 4 : 1 + (n % 5);
      const state = kind < 7 ? "succeeded" : kind < 9 ? "exhausted" : "pending";
      const createdAt = now - (count - n) * 300_000;
      filled[state]++;
      filled.logs += calls;
      tasks.push(
        taskRow({
          taskId: idOf(n),
          url: `http://target-${n % 50}.example/callback/${n}`,
          requestParamTxt: JSON.stringify({ order: n, city: "上海", note: "x".repeat(n % 200) }),
          callCount: calls,
          limitCallCount: state === "exhausted" ? 4 : 10,
          isSuccess: state === "succeeded" ? 1 : 0,
          createDate: wall(createdAt),
          lastModifiedDate: wall(createdAt + (calls - 1) * 60_000),
          expireTimestamp: state === "pending" ? wall(now + (n % 600) * 1000) : null,
        }),
      );
      for (let call = 1; call <= calls; call++) {
        const succeeded = state === "succeeded" && call === calls;
        logs.push(
          logRow({
            taskId: idOf(n),
            createDate: wall(createdAt + (call - 1) * 60_000),
            lastModifiedDate: wall(createdAt + (call - 1) * 60_000),
            responseTxt: succeeded ? `{"msg":"成功","order":${n}}` : "500 null",
            isSuccess: succeeded ? 1 : 0,
          }),
        );
      }
    }
    await insert(kkbida, "callback_task", tasks);
    // As calls of many tasks mix.
    await insert(
      kkbida,
      "call_back_log",
      logs.sort((a, b) => (String(a.createDate) < String(b.createDate) ? -1 : 1)),
    );
  }
  return filled;
}
