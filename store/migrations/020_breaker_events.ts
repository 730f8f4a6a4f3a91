/** What breakers did, for the page of a destination. Every step is skipped where it is done already, see 001. */
import type { Knex } from "knex";
import { createTable } from "./create-table.ts";

export const name = "020_breaker_events";

export async function up(knex: Knex): Promise<void> {
  await createTable(knex, "breaker_events", (table) => {
    table.bigIncrements("id");
    table.string("lane", 11).notNullable();
    table.bigInteger("at").notNullable();
    table.boolean("opened").notNullable().comment("false: it closed");
    table.integer("failures").nullable().comment("in a row, where it opened");
    table.index(["lane", "at"], "breaker_events_lane");
    table.index(["at"], "breaker_events_at");
  });
}
