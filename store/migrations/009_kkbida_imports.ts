/**
 * What `npm run import:kkbida` took over that would act again if it were taken over twice: tasks in flight and
 * webhooks. Kept although the task may have been pruned, or the webhook deleted, since.
 */
import type { Knex } from "knex";
import { createTable } from "./create-table.ts";

export const name = "009_kkbida_imports";

export async function up(knex: Knex): Promise<void> {
  await createTable(knex, "kkbida_imports", (table) => {
    table.tinyint("kind").notNullable().comment("1: task in flight, 2: webhook");
    table.binary("id", 16).notNullable().comment("the task's id; of a webhook the hash of its row");
    table.primary(["kind", "id"]);
  });
}
