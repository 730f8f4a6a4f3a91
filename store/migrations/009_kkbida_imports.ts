/**
 * What `npm run import:kkbida` took over that would act again if it were taken over twice: tasks in flight and
 * webhooks. Kept although the task may have been pruned, or the webhook deleted, since.
 */
import type { Knex } from "knex";

export const name = "009_kkbida_imports";

export async function up(knex: Knex): Promise<void> {
  if (await knex.schema.hasTable("kkbida_imports")) return;
  await knex.schema.createTable("kkbida_imports", (table) => {
    if (knex.client.config.client === "mysql2") table.engine("InnoDB");
    table.tinyint("kind").notNullable().comment("1: task in flight, 2: webhook");
    table.binary("id", 16).notNullable().comment("the task's id; of a webhook the hash of its row");
    table.primary(["kind", "id"]);
  });
}
