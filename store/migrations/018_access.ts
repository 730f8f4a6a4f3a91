/**
 * What a list of sessions shows, beside what 006 keeps; and which key payloads and answers are sealed with (`store/sealing.ts`).
 * Every step is skipped where it is done already, see 001.
 */
import type { Knex } from "knex";
import { addColumn } from "./add-column.ts";
import { createTable } from "./create-table.ts";

export const name = "018_access";

export async function up(knex: Knex): Promise<void> {
  await addColumn(knex, "sessions", "used_at", (t) => {
    t.bigInteger("used_at").nullable().comment("to some minutes; null: of a session from before this column");
  });
  await addColumn(knex, "sessions", "source_ip", (t) => {
    t.string("source_ip", 45).nullable().comment("where it began");
  });
  await addColumn(knex, "sessions", "user_agent", (t) => {
    t.string("user_agent", 256).nullable();
  });
  for (const table of ["tasks", "attempts"]) {
    await addColumn(knex, table, "sealed", (t) => {
      t.integer("sealed")
        .nullable()
        .comment("id of the key that payload or answer is sealed with; null: none");
    });
  }
  await createTable(knex, "sealing_keys", (t) => {
    t.integer("key_id").notNullable().primary().comment("a key that rows may be sealed with");
    t.bigInteger("since").notNullable();
  });
}
