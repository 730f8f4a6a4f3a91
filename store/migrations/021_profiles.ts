/**
 * How a task's target is called where it was handed over as kkbida's users did (`core/profile.ts`), and how long its calls to
 * a destination may take. Every step is skipped where it is done already, see 001.
 */
import type { Knex } from "knex";
import { addColumn } from "./add-column.ts";

export const name = "021_profiles";

export async function up(knex: Knex): Promise<void> {
  await addColumn(knex, "tasks", "profile", (table) => {
    table.string("profile", 16).nullable().comment("what its target sees; null: v1's rules");
  });
  await addColumn(knex, "destinations", "legacy_timeout_ms", (table) => {
    table
      .integer("legacy_timeout_ms")
      .nullable()
      .comment("for calls of tasks with a profile; null: as the task says");
  });
}
