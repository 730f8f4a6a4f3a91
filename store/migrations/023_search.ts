/**
 * What tasks are found by: the URL that is really called, an app's business key, and indexes of that and of order keys, for
 * tasks that have one; and views of lists that all users share. Every step is skipped where it is done already, see 001.
 */
import type { Knex } from "knex";
import { addColumn } from "./add-column.ts";
import { addIndex } from "./add-index.ts";
import { createTable } from "./create-table.ts";

export const name = "023_search";

export async function up(knex: Knex): Promise<void> {
  await addColumn(knex, "tasks", "called_url", (t) => {
    t.string("called_url", 2048)
      .nullable()
      .comment("with placeholders filled and secrets masked; null: as url");
  });
  await addColumn(knex, "tasks", "business_key", (t) => {
    t.string("business_key", 128).nullable().comment("taken out of the payload, see apps");
  });
  await addColumn(knex, "apps", "business_key_path", (t) => {
    t.string("business_key_path", 512)
      .nullable()
      .comment("JSONPath of the business key in new tasks' payloads");
  });
  // SQLite's hold nothing for tasks without such a key; in MySQL's those stand one behind another.
  for (const column of ["order_key", "business_key"])
    await addIndex(knex, "tasks", [column, "created_at", "task_id"], `tasks_${column}`, {
      where: knex.whereNotNull(column) as unknown as Knex.QueryBuilder,
    });
  await createTable(knex, "saved_views", (t) => {
    t.increments("id");
    t.string("page", 32).notNullable().comment("the list that it is a view of");
    t.string("name", 60).notNullable();
    t.string("query", 2000).notNullable().comment("of the page's address");
    t.integer("owner_id").notNullable().comment("the user who made it");
    t.string("owner_name", 64).notNullable();
    t.bigInteger("created_at").notNullable();
    t.bigInteger("updated_at").notNullable();
    t.unique(["page", "name"]);
  });
}
