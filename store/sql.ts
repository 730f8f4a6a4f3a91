/** Statement building for the hot paths: one statement for many rows, values always bound. */
import type { Knex } from "knex";
import type { Database } from "./database.ts";

/** `INSERT INTO table (columns) VALUES (…), (…)`. `rows` hold their values in the order of `columns`. */
export async function insertMany(
  trx: Knex,
  table: string,
  columns: readonly string[],
  rows: unknown[][],
  verb = "INSERT",
): Promise<void> {
  if (rows.length === 0) return;
  const one = `(${columns.map(() => "?").join(",")})`;
  const all = rows.map(() => one).join(",");
  await trx.raw(
    `${verb} INTO ${table} (${columns.join(",")}) VALUES ${all}`,
    rows.flat() as Knex.RawBinding[],
  );
}

/** `INSERT`, silently leaving out rows whose key exists. */
export const insertIgnore = (db: Database): string =>
  db.dialect === "sqlite" ? "INSERT OR IGNORE" : "INSERT IGNORE";

/** `(?,?,…)` for `count` values. */
export const placeholders = (count: number): string => `(${Array(count).fill("?").join(",")})`;
