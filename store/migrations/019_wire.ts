/**
 * Whether an operator's copy of an app's task is signed as the app; and when a destination was used last, which tells idle
 * ones. Every step is skipped where it is done already, see 001.
 */
import type { Knex } from "knex";
import { addColumn } from "./add-column.ts";

export const name = "019_wire";

export async function up(knex: Knex): Promise<void> {
  await addColumn(knex, "tasks", "call_unsigned", (table) => {
    table.boolean("call_unsigned").nullable().comment("its calls are not signed as its app; null: they are");
  });
  await addColumn(knex, "apps", "sign_resends", (table) => {
    table
      .boolean("sign_resends")
      .notNullable()
      .defaultTo(false)
      .comment("whether operators' copies are signed");
  });
  await addColumn(knex, "destinations", "used_at", (table) => {
    table
      .bigInteger("used_at")
      .nullable()
      .comment("about when a task for it was accepted last; null: first_seen_at");
  });
}
