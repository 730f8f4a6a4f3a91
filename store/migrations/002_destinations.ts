/** Target origins: which there are, and what operators set for them. */
import type { Knex } from "knex";
import { createTable } from "./create-table.ts";

export const name = "002_destinations";

export async function up(knex: Knex): Promise<void> {
  await createTable(knex, "destinations", (table) => {
    table.string("lane", 11).notNullable().primary();
    table.string("origin", 300).notNullable().unique();
    table.bigInteger("first_seen_at").notNullable();
    table.boolean("paused").notNullable().defaultTo(false);
    table.integer("concurrency").nullable().comment("calls at once; null: the usual window");
    table.double("rate_per_second").nullable().comment("null: no limit");
    table.boolean("breaker").notNullable().defaultTo(true).comment("whether it may open");
    table.bigInteger("set_at").nullable().comment("last change by hand; null: never");
    table.index(["set_at"], "destinations_set");
  });
}
