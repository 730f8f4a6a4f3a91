/** Statement building for the hot paths: one statement for many rows, values always bound. */
import type { Knex } from "knex";
import type { Database } from "./database.ts";

/**
 * `INSERT INTO table (columns) VALUES (…), (…)`. `rows` hold their values in the order of `columns`.
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
  const one = `(${columns.map(() => "?").join(",")})`;
  const all = rows.map(() => one).join(",");
  await trx.raw(
    `${verb} INTO ${table} (${columns.join(",")}) VALUES ${all} ${suffix}`,
    rows.flat() as Knex.RawBinding[],
  );
}

/** `INSERT`, silently leaving out rows whose key exists. */
export const insertIgnore = (db: Database): string =>
  db.dialect === "sqlite" ? "INSERT OR IGNORE" : "INSERT IGNORE";

/** In an update of what exists: the value that was to be inserted. */
export const inserted = (db: Database, column: string): string =>
  db.dialect === "sqlite" ? `excluded.${column}` : `VALUES(${column})`;

/** The rows in the answer of `raw`. */
export const rowsOf = (db: Database, answer: unknown): Record<string, unknown>[] =>
  (db.dialect === "mysql" ? (answer as unknown[])[0] : answer) as Record<string, unknown>[];

/** `(?,?,…)` for `count` values. */
export const placeholders = (count: number): string => `(${Array(count).fill("?").join(",")})`;
