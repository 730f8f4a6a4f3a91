/**
 * What the page of a job over many tasks shows and sets: its pace, who paused it, which tasks it acted on; and what becomes of an
 * original once its copy succeeds. Every step is skipped where it is done already, see 001.
 */
import type { Knex } from "knex";
import { addColumn } from "./add-column.ts";
import { addIndex } from "./add-index.ts";
import { createTable } from "./create-table.ts";

export const name = "024_jobs";

export async function up(knex: Knex): Promise<void> {
  await addColumn(knex, "bulk_jobs", "schedule", (table) => {
    table.string("schedule", 8).nullable().comment("what a retry grants; null: once");
  });
  await addColumn(knex, "bulk_jobs", "pace", (table) => {
    table.integer("pace").nullable().comment("tasks per second at most; null: no limit of its own");
  });
  await addColumn(knex, "bulk_jobs", "paused_at", (table) => {
    table.bigInteger("paused_at").nullable();
  });
  await addColumn(knex, "bulk_jobs", "paused_by", (table) => {
    table.string("paused_by", 128).nullable();
  });
  await addColumn(knex, "bulk_jobs", "samples", (table) => {
    table.text("samples").nullable().comment("JSON: reason to ids of some that were skipped");
  });
  await createTable(knex, "bulk_job_tasks", (table) => {
    table.binary("job_id", 16).notNullable();
    table.binary("task_id", 16).notNullable().comment("the job had it called again");
    table.primary(["job_id", "task_id"]);
  });
  await addColumn(knex, "task_resends", "root", (table) => {
    table
      .binary("root", 16)
      .nullable()
      .comment("the first original of a copy of copies; null: not known yet");
  });
  await addColumn(knex, "task_resends", "resolves", (table) => {
    table
      .smallint("resolves")
      .nullable()
      .comment("1: the originals are to be resolved once this one succeeds");
  });
  await addColumn(knex, "task_resends", "resolve_by", (table) => {
    table.text("resolve_by").nullable().comment("JSON: who asked for that");
  });
  // Both also find what is not known yet, and what is not asked for: null stands in an index as any value.
  await addIndex(knex, "task_resends", ["root", "task_id"], "task_resends_root");
  await addIndex(knex, "task_resends", ["resolves", "task_id"], "task_resends_resolves");
}
