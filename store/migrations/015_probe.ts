/** One row that is written to find out whether anything can be written (`store/probe.ts`). */
import type { Knex } from "knex";
import { createTable } from "./create-table.ts";

export const name = "015_probe";

export async function up(knex: Knex): Promise<void> {
  await createTable(knex, "probes", (table) => {
    table.integer("id").notNullable().primary();
    table.bigInteger("at").notNullable();
  });
  if (!(await knex("probes").first())) await knex("probes").insert({ id: 1, at: 0 });
}
