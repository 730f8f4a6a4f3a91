/** For migrations: a new table, the same on both databases. */
import type { Knex } from "knex";

/** Skipped where the table exists: a migration that was killed half-way runs again. */
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
