/**
 * Ordered tasks: their lines, and who waits in them. See docs/ordering.md. Both tables hold what is open only (an idle
 * line is pruned after a day), so the big table needs no further index.
 */
import type { Knex } from "knex";
import { createTable } from "./create-table.ts";

export const name = "003_order";

export async function up(knex: Knex): Promise<void> {
  await createTable(knex, "order_lines", (table) => {
    table.binary("line_id", 16).notNullable().primary().comment("hash of app and orderKey");
    table.bigInteger("last_seq").notNullable().comment("at least the time of the last acceptance, ms");
    table.binary("head_id", 16).nullable().comment("the task whose turn it is; null: no task is open");
  });
  await createTable(knex, "order_waiting", (table) => {
    table.binary("line_id", 16).notNullable();
    table.bigInteger("seq").notNullable();
    table.binary("task_id", 16).notNullable();
    table.bigInteger("not_before").notNullable().comment("its own earliest time, ms");
    table.primary(["line_id", "seq"]);
  });
  if (!(await knex.schema.hasColumn("tasks", "order_seq"))) {
    await knex.schema.alterTable("tasks", (table) => {
      table.bigInteger("order_seq").nullable().comment("place in its line; null without order_key");
    });
  }
}
