/** For migrations: a new column of a table that is there. */
import type { Knex } from "knex";

/**
 * Skipped where the column exists: a migration that was killed half-way runs again.
 * @param build adds `column`, and nothing else
 */
export async function addColumn(
  knex: Knex,
  table: string,
  column: string,
  build: (t: Knex.AlterTableBuilder) => void,
): Promise<void> {
  if (!(await knex.schema.hasColumn(table, column))) await knex.schema.alterTable(table, build);
}
