/** Where the time of calls went. Skipped where it is done already, see 001. */
import type { Knex } from "knex";
import { addColumn } from "./add-column.ts";

export const name = "025_phases";

export async function up(knex: Knex): Promise<void> {
  await addColumn(knex, "attempts", "phases", (table) => {
    table.string("phases", 48).nullable().comment("of core/phases.ts; null: not measured");
  });
}
