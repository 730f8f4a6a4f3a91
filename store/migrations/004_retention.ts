/** Idempotency keys by age. Keys are only ever added at the new end of this index, which costs next to nothing. */
import type { Knex } from "knex";

export const name = "004_retention";
const INDEX = "idempotency_keys_created";

export async function up(knex: Knex): Promise<void> {
  if (await hasIndex(knex)) return;
  await knex.schema.alterTable("idempotency_keys", (table) => table.index(["created_at"], INDEX));
}

async function hasIndex(knex: Knex): Promise<boolean> {
  if (knex.client.config.client === "mysql2") {
    const [rows] = await knex.raw("SHOW INDEX FROM idempotency_keys WHERE Key_name = ?", [INDEX]);
    return rows.length > 0;
  }
  return (
    (await knex.raw("SELECT 1 FROM sqlite_master WHERE type = 'index' AND name = ?", [INDEX])).length > 0
  );
}
