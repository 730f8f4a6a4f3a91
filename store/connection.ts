/**
 * The database's own connection, without Knex: for the hot paths, where Knex's promise chain per statement and a round
 * trip per statement cost more than the statements. docs/performance.md has the figures.
 */
import type SqliteConnection from "better-sqlite3";
import type { Database } from "./database.ts";
import type { MysqlConnection } from "./statement-limit.ts";

export type { MysqlConnection, SqliteConnection };

/** The part of Knex that lends connections; its types do not show it. */
interface Lender<C> {
  acquireConnection(): Promise<C>;
  releaseConnection(connection: C): Promise<void>;
}

/** Runs `work` with a connection of the pool: what `db.dialect` says. */
export async function lent<C extends MysqlConnection | SqliteConnection.Database, T>(
  db: Database,
  work: (connection: C) => T | Promise<T>,
): Promise<T> {
  const lender = db.knex.client as Lender<C>;
  const connection = await lender.acquireConnection();
  try {
    return await work(connection);
  } finally {
    await lender.releaseConnection(connection);
  }
}

/** A text of one or several statements, and what stands for its question marks. */
export interface Statement {
  text: string;
  values: unknown[];
}

/**
 * Sends statements as one text; MySQL stops at the first that fails. Values are escaped by mysql2, as with every
 * statement of the program.
 * @returns the answers, in order
 */
export function asked(connection: MysqlConnection, statements: Statement[]): Promise<unknown[]> {
  const text = statements.map((one) => one.text).join(";");
  const values = statements.flatMap((one) => one.values);
  return new Promise((resolve, reject) => {
    connection.query(text, values, (error: Error | null, answer: unknown) => {
      if (error) reject(error);
      else resolve(statements.length === 1 ? [answer] : (answer as unknown[]));
    });
  });
}

/** Ends a transaction that failed half-way; a connection on which that fails too is not used again. */
export async function rollBack(connection: MysqlConnection): Promise<void> {
  await asked(connection, [{ text: "ROLLBACK", values: [] }]).catch((problem: Error) => {
    connection.__knex__disposed = problem;
  });
}

/** By connection, by text. */
const prepared = new WeakMap<SqliteConnection.Database, Map<string, SqliteConnection.Statement>>();

/** A statement of SQLite's that stays prepared: only for texts that do not depend on how many rows there are. */
export function statementOf(
  connection: SqliteConnection.Database,
  text: string,
): SqliteConnection.Statement<unknown[]> {
  const known = prepared.get(connection) ?? new Map<string, SqliteConnection.Statement>();
  prepared.set(connection, known);
  const statement = known.get(text) ?? connection.prepare(text);
  known.set(text, statement);
  return statement;
}
