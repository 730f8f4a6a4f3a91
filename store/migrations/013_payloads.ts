/**
 * Bodies of bytes; and which idempotency keys were written before 0.2, whose hashes were made differently
 * (`store/idempotency.ts`). Every step is skipped where it is done already, see 001.
 */
import type { Knex } from "knex";
import { addColumn } from "./add-column.ts";

export const name = "013_payloads";

export async function up(knex: Knex): Promise<void> {
  await addColumn(knex, "tasks", "body_base64", (table) => {
    table.text("body_base64", "mediumtext").nullable().comment("bytes to send, instead of body");
  });
  await addColumn(knex, "idempotency_keys", "scheme", (table) => {
    table.tinyint("scheme").notNullable().defaultTo(0).comment("how its hashes were made; 0: before 0.2");
  });
}
