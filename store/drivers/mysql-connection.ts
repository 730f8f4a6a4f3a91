/** MySQL's own connection: a transaction is sent as one text, and nothing else is more than one statement. */
import type { Statement } from "./statement.ts";
import type { MysqlConnection } from "./statement-limit.ts";

export const BEGIN: Statement = { text: "START TRANSACTION", values: [] };
export const COMMIT: Statement = { text: "COMMIT", values: [] };

type Query = MysqlConnection["query"];

/** At its end one is Knex's habit: `BEGIN;`. */
function hasSeveral(text: string): boolean {
  const at = text.indexOf(";");
  return at >= 0 && at < text.length - 1;
}

const MAKES_TABLES = /^(?:create|alter) table /;

/** Of connections that {@link onlyOneEach} has closed to others: what sends several statements. */
const several = new WeakMap<MysqlConnection, Query>();

/**
 * From now on a query on the connection is one statement; {@link asked} alone sends several. The server takes several in one
 * text (`multipleStatements`), which makes an injection, were there one, much worse: it could end our statement and begin one of its own.
 * Texts come from the program and values are bound to question marks: none of ours has a semicolon but in the comments of columns, where a
 * table is made.
 */
export function onlyOneEach(connection: MysqlConnection): void {
  const query = connection.query.bind(connection);
  several.set(connection, query);
  connection.query = (...args) => {
    const [first] = args;
    const text = typeof first === "string" ? first : (first as { sql: string }).sql;
    const done = args.at(-1);
    if (!hasSeveral(text) || MAKES_TABLES.test(text)) return query(...args);
    // Not the text: it is what a stranger may have written.
    const error = new Error("a statement with a semicolon in its text is not sent");
    if (typeof done !== "function") throw error;
    return done(error);
  };
}

/**
 * Sends statements as one text; MySQL stops at the first that fails. Values are escaped by mysql2, as with every
 * statement of the program.
 * @returns the answers, in order
 */
export function asked(connection: MysqlConnection, statements: Statement[]): Promise<unknown[]> {
  const query = several.get(connection) as Query;
  const text = statements.map((one) => one.text).join(";");
  const values = statements.flatMap((one) => one.values);
  return new Promise((resolve, reject) => {
    if (statements.some((one) => hasSeveral(one.text)))
      return reject(new Error("a statement with a semicolon in its text is not sent"));
    query(text, values, (error: Error | null, answer: unknown) => {
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

/** Sends statements as one transaction. */
export async function committed(connection: MysqlConnection, statements: Statement[]): Promise<void> {
  try {
    await asked(connection, [BEGIN, ...statements, COMMIT]);
  } catch (error) {
    // The server stops at what failed, with the transaction open.
    await rollBack(connection);
    throw error;
  }
}
