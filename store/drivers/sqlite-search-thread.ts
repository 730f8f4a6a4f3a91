/** A thread with a connection of its own that only reads: it runs one statement after the other. See `sqlite-search.ts`. */
import { parentPort, workerData } from "node:worker_threads";
import SqliteDatabase from "better-sqlite3";
import type { Row } from "../columns.ts";
import { addFunctions } from "./sqlite-functions.ts";

export interface SearchRequest {
  sql: string;
  bindings: unknown[];
}

export type SearchReply = { rows: Row[] } | { error: { message: string; code: string | undefined } };

const connection = new SqliteDatabase(workerData as string, { readonly: true });
connection.pragma("busy_timeout = 5000");
connection.pragma("cache_size = -8000");
addFunctions(connection);

parentPort?.on("message", ({ sql, bindings }: SearchRequest) => {
  parentPort?.postMessage(answer(sql, bindings));
});

function answer(sql: string, bindings: unknown[]): SearchReply {
  try {
    return { rows: connection.prepare(sql).all(bindings) as Row[] };
  } catch (error) {
    const { message, code } = error as { message: string; code?: string };
    return { error: { message, code } };
  }
}
