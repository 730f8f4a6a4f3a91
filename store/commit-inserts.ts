/**
 * Some INSERTs as one transaction, with as few steps as the database allows: the hot path of accepting. Knex makes each
 * statement a promise chain and, on MySQL, a round trip of its own; here MySQL gets the whole transaction as one text,
 * and SQLite runs statements that stay prepared. docs/performance.md has the figures.
 */
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

/** Rows hold their values in the order of `columns`. */
export interface Insert {
  table: string;
  columns: readonly string[];
  rows: unknown[][];
}

/**
 * Resolves once all rows are committed. Where it throws, none is stored, or the connection died during the commit and
 * nobody knows.
 */
export async function commitInserts(db: Database, inserts: Insert[]): Promise<void> {
  const some = inserts.filter(({ rows }) => rows.length > 0);
  if (some.length === 0) return;
  if (db.dialect === "sqlite") {
    await lent<SqliteConnection.Database, void>(db, (own) =>
      own.transaction(() => insertEach(own, some)).immediate(),
    );
  } else await lent<MysqlConnection, void>(db, (own) => inMysql(own, some));
}

async function inMysql(connection: MysqlConnection, inserts: Insert[]): Promise<void> {
  try {
    await asked(connection, [BEGIN, ...inserts.map(statementFor), COMMIT]);
  } catch (error) {
    // The server stops at what failed, with the transaction open.
    await rollBack(connection);
    throw error;
  }
}

export const BEGIN: Statement = { text: "START TRANSACTION", values: [] };
export const COMMIT: Statement = { text: "COMMIT", values: [] };

/** One statement for all its rows. */
export function statementFor({ table, columns, rows }: Insert): Statement {
  const one = placeholdersOf(columns);
  return {
    text: `INSERT INTO ${table} (${columns.join()}) VALUES ${Array(rows.length).fill(one).join()}`,
    values: rows.flat(),
  };
}

/** In a transaction of the caller's. */
export function insertEach(connection: SqliteConnection.Database, inserts: Insert[]): void {
  for (const { table, columns, rows } of inserts) {
    const text = `INSERT INTO ${table} (${columns.join()}) VALUES ${placeholdersOf(columns)}`;
    const statement = statementOf(connection, text);
    for (const row of rows) statement.run(row);
  }
}

const placeholdersOf = (columns: readonly string[]): string => `(${columns.map(() => "?").join()})`;
