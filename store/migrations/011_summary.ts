/**
 * What the summary of statistics reads: deltas say by app what they hold, the calls of all lanes in a stretch of time
 * are read from an index alone (without it MariaDB reads every cell of the app, whatever the time), and the oldest
 * waiting tasks stand in order.
 */
import type { Knex } from "knex";
import { addColumn } from "./add-column.ts";
import { addIndex, dropIndex } from "./add-index.ts";

export const name = "011_summary";

export async function up(knex: Knex): Promise<void> {
  await addColumn(
    knex,
    "stats_deltas",
    "by_app",
    (table) =>
      void table
        .text("by_app", "mediumtext")
        .nullable()
        .comment("data with the lanes of each app summed up; null: no shorter than data"),
  );
  // MySQL's indexes end with the primary key anyway. Without it SQLite sorts all tasks of the first instant to find the oldest.
  if (knex.client.config.client !== "mysql2") {
    await addIndex(knex, "tasks", ["state", "next_call_at", "task_id"], "tasks_waiting");
    await dropIndex(knex, "tasks", "tasks_due");
  }
  const columns = ["step", "app_id", "at", "lane", "calls", "failed"];
  await addIndex(knex, "stats_cells", columns, "stats_cells_calls");
  await dropIndex(knex, "stats_cells", "stats_cells_at");
}
