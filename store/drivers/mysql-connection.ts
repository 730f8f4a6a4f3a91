/** MySQL's own connection: a transaction is sent as one text. */
import type { Statement } from "./statement.ts";
import type { MysqlConnection } from "./statement-limit.ts";

export const BEGIN: Statement = { text: "START TRANSACTION", values: [] };
export const COMMIT: Statement = { text: "COMMIT", values: [] };

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
