/**
 * Some INSERTs as one transaction, with as few steps as the database allows: the hot path of accepting. Knex makes each
 * statement a promise chain and, on MySQL, a round trip of its own; here MySQL gets the whole transaction as one text,
 * and SQLite runs statements that stay prepared. docs/performance.md has the figures.
 */
import type SqliteConnection from "better-sqlite3";
import type { Database } from "./database.ts";
import type { MysqlConnection } from "./statement-limit.ts";

/** Rows hold their values in the order of `columns`. */
export interface Insert {
  table: string;
  columns: readonly string[];
  rows: unknown[][];
}

/** The part of Knex that lends connections; its types do not show it. */
interface Lender<C> {
  acquireConnection(): Promise<C>;
  releaseConnection(connection: C): Promise<void>;
}

/**
 * Resolves once all rows are committed. Where it throws, none is stored, or the connection died during the commit and
 * nobody knows.
 */
export async function commitInserts(db: Database, inserts: Insert[]): Promise<void> {
  const some = inserts.filter(({ rows }) => rows.length > 0);
  if (some.length === 0) return;
  if (db.dialect === "sqlite") await lent<SqliteConnection.Database>(db, (own) => inSqlite(own, some));
  else await lent<MysqlConnection>(db, (own) => inMysql(own, some));
}

async function lent<C>(db: Database, work: (connection: C) => void | Promise<void>): Promise<void> {
  const lender = db.knex.client as Lender<C>;
  const connection = await lender.acquireConnection();
  try {
    await work(connection);
  } finally {
    await lender.releaseConnection(connection);
  }
}

/** Values are escaped by mysql2, as with every statement of the program. */
async function inMysql(connection: MysqlConnection, inserts: Insert[]): Promise<void> {
  const statements = inserts.map(({ table, columns, rows }) => {
    const one = placeholdersOf(columns);
    return `INSERT INTO ${table} (${columns.join()}) VALUES ${Array(rows.length).fill(one).join()}`;
  });
  const text = ["START TRANSACTION", ...statements, "COMMIT"].join(";");
  const values = inserts.flatMap(({ rows }) => rows.flat());
  try {
    await asked(connection, text, values);
  } catch (error) {
    // The server stops at what failed, with the transaction open.
    await asked(connection, "ROLLBACK", []).catch((problem: Error) => {
      connection.__knex__disposed = problem;
    });
    throw error;
  }
}

function asked(connection: MysqlConnection, text: string, values: unknown[]): Promise<void> {
  return new Promise((resolve, reject) => {
    connection.query(text, values, (error: Error | null) => (error ? reject(error) : resolve()));
  });
}

/** By connection, by text. */
const prepared = new WeakMap<SqliteConnection.Database, Map<string, SqliteConnection.Statement>>();

function inSqlite(connection: SqliteConnection.Database, inserts: Insert[]): void {
  const all = () => {
    for (const { table, columns, rows } of inserts) {
      const text = `INSERT INTO ${table} (${columns.join()}) VALUES ${placeholdersOf(columns)}`;
      const statement = statementOf(connection, text);
      for (const row of rows) statement.run(row);
    }
  };
  connection.transaction(all).immediate();
}

function statementOf(connection: SqliteConnection.Database, text: string): SqliteConnection.Statement {
  const known = prepared.get(connection) ?? new Map<string, SqliteConnection.Statement>();
  prepared.set(connection, known);
  const statement = known.get(text) ?? connection.prepare(text);
  known.set(text, statement);
  return statement;
}

const placeholdersOf = (columns: readonly string[]): string => `(${columns.map(() => "?").join()})`;
