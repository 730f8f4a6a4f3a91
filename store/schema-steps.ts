/** Steps of migrations that are skipped where they are done already: MySQL commits each by itself, and nodes get killed. */
import type { Knex } from "knex";

/** Creates `table`, with the engine, character set and collation that all tables have. */
export async function createTable(
  knex: Knex,
  table: string,
  build: (t: Knex.CreateTableBuilder) => void,
): Promise<void> {
  if (await knex.schema.hasTable(table)) return;
  await knex.schema.createTable(table, (t) => {
    if (knex.client.config.client === "mysql2") {
      t.engine("InnoDB");
      t.charset("utf8mb4");
      t.collate("utf8mb4_bin");
    }
    build(t);
  });
}

/** @param build adds `column`, and nothing else */
export async function addColumn(
  knex: Knex,
  table: string,
  column: string,
  build: (t: Knex.AlterTableBuilder) => void,
): Promise<void> {
  if (!(await knex.schema.hasColumn(table, column))) await knex.schema.alterTable(table, build);
}
