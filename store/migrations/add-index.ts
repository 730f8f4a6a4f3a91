/** For migrations: a new index of a table that is there, or one index less. */
import type { Knex } from "knex";

/**
 * Skipped where the index exists: a migration that was killed half-way runs again.
 * @param options `where`: only of rows that fit; MySQL knows no such indexes, and has all rows in it
 */
export async function addIndex(
  knex: Knex,
  table: string,
  columns: string[],
  index: string,
  options: { where?: Knex.QueryBuilder } = {},
): Promise<void> {
  if (await hasIndex(knex, table, index)) return;
  const isPart = options.where !== undefined && knex.client.config.client !== "mysql2";
  const predicate = isPart ? { predicate: options.where as Knex.QueryBuilder } : undefined;
  await knex.schema.alterTable(table, (t) => void t.index(columns, index, predicate));
}

/** Skipped where there is no such index. */
export async function dropIndex(knex: Knex, table: string, index: string): Promise<void> {
  if (await hasIndex(knex, table, index))
    await knex.schema.alterTable(table, (t) => void t.dropIndex([], index));
}

async function hasIndex(knex: Knex, table: string, index: string): Promise<boolean> {
  if (knex.client.config.client !== "mysql2") {
    const found = await knex("sqlite_master").where({ type: "index", name: index }).first();
    return found !== undefined;
  }
  const [rows] = await knex.raw(`SHOW INDEX FROM ${table} WHERE Key_name = ?`, [index]);
  return rows.length > 0;
}
