/** Statement building for the hot paths: one statement for many rows, values always bound. */
import type { Knex } from "knex";
import type { Insert, Statement } from "./drivers/statement.ts";

/** `INSERT INTO table (columns) VALUES (?,…), (?,…)` for `count` rows. */
export function insertText(
  table: string,
  columns: readonly string[],
  count: number,
  verb = "INSERT",
): string {
  const rows = Array(count).fill(placeholders(columns.length)).join();
  return `${verb} INTO ${table} (${columns.join()}) VALUES ${rows}`;
}

/** One statement for all its rows, of which there is one at least. */
export const insertStatement = ({ table, columns, rows }: Insert, verb?: string): Statement => ({
  text: insertText(table, columns, rows.length, verb),
  values: rows.flat(),
});

/**
 * {@link insertStatement} by Knex; nothing where there are no rows.
 * @param suffix what to do with rows whose key exists
 */
export async function insertMany(
  trx: Knex,
  table: string,
  columns: readonly string[],
  rows: unknown[][],
  verb = "INSERT",
  suffix = "",
): Promise<void> {
  if (rows.length === 0) return;
  const { text, values } = insertStatement({ table, columns, rows }, verb);
  await trx.raw(`${text} ${suffix}`, values as Knex.RawBinding[]);
}

/** `(?,?,…)` for `count` values. */
export const placeholders = (count: number): string => `(${Array(count).fill("?").join(",")})`;
