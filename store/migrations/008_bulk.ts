/** Jobs over many tasks, and which task is a copy of which. */
import type { Knex } from "knex";
import { createTable } from "./create-table.ts";

export const name = "008_bulk";

export async function up(knex: Knex): Promise<void> {
  await createTable(knex, "bulk_jobs", (table) => {
    table.binary("job_id", 16).notNullable().primary();
    table.string("kind", 16).notNullable();
    table.integer("app_id").nullable().comment("whose tasks; null: all");
    table.text("filter", "mediumtext").notNullable().comment("JSON, as it was asked for");
    table.bigInteger("bound").notNullable().comment("works on what was there at this time");
    table.string("state", 16).notNullable();
    table.bigInteger("matched").notNullable();
    table.bigInteger("expected").nullable();
    table.bigInteger("done").notNullable();
    table.bigInteger("changed").notNullable();
    table.text("skipped").notNullable().comment("JSON: reason to count");
    table.bigInteger("pos_created_at").nullable().comment("the last task that was looked at");
    table.binary("pos_task_id", 16).nullable();
    table.integer("fence").notNullable().comment("grows whenever a node takes it");
    table.bigInteger("lease_until").notNullable();
    table.string("actor_kind", 8).notNullable();
    table.integer("actor_id").nullable();
    table.string("actor_name", 128).notNullable();
    table.string("source_ip", 45).nullable();
    table.string("request_path", 512).nullable();
    table.string("note", 500).nullable();
    table.bigInteger("created_at").notNullable();
    table.bigInteger("started_at").nullable();
    table.bigInteger("finished_at").nullable();
    table.index(["state", "job_id"], "bulk_jobs_state");
  });
  await createTable(knex, "task_resends", (table) => {
    table.binary("task_id", 16).notNullable().primary();
    table.binary("resend_of", 16).notNullable().comment("the original, which may be pruned");
  });
}
