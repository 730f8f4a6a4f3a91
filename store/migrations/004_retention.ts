/** Idempotency keys by age. Keys are only ever added at the new end of this index, which costs next to nothing. */
import type { Knex } from "knex";
import { addIndex } from "./add-index.ts";

export const name = "004_retention";

export async function up(knex: Knex): Promise<void> {
  await addIndex(knex, "idempotency_keys", ["created_at"], "idempotency_keys_created");
}
