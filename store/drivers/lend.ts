/**
 * The database's own connection, without Knex: for the hot paths, where Knex's promise chain per statement and a round
 * trip per statement cost more than the statements. docs/performance.md has the figures.
 */
import type { Knex } from "knex";

/** The part of Knex that lends connections; its types do not show it. */
interface Lender<C> {
  acquireConnection(): Promise<C>;
  releaseConnection(connection: C): Promise<void>;
}

/** Runs `work` with a connection of the pool. */
export async function lent<C, T>(knex: Knex, work: (connection: C) => T | Promise<T>): Promise<T> {
  const lender = knex.client as Lender<C>;
  const connection = await lender.acquireConnection();
  try {
    return await work(connection);
  } finally {
    await lender.releaseConnection(connection);
  }
}
