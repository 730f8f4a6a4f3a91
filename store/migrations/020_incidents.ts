/**
 * What breakers did, for the page of a destination; and incidents: failures gathered by destination, error code and
 * status. Every step is skipped where it is done already, see 001.
 */
import type { Knex } from "knex";
import { createTable } from "./create-table.ts";

export const name = "020_incidents";

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
  await createTable(knex, "incidents", (table) => {
    table.increments("id");
    table.string("destination", 300).notNullable().comment("origin; empty: it has none");
    table.string("error_code", 32).notNullable();
    table.smallint("status_code").notNullable().comment("0: there was no answer");
    table.bigInteger("first_at").notNullable();
    table.bigInteger("last_at").notNullable();
    table.integer("tasks").notNullable();
    table.binary("first_task", 16).notNullable();
    table.binary("last_task", 16).notNullable();
    table.string("first_error", 500).notNullable();
    table.string("last_error", 500).notNullable();
    table.boolean("muted").notNullable();
    table.string("acknowledged_by", 128).nullable();
    table.bigInteger("acknowledged_at").nullable();
    table.string("note", 500).nullable().comment("of whoever acknowledged it");
    table.boolean("ended").notNullable();
    table.bigInteger("ended_at").nullable();
    table.index(["ended", "last_at"], "incidents_ended");
    table.index(["last_at"], "incidents_last");
  });
  await createTable(knex, "incident_tasks", (table) => {
    table.integer("incident_id").notNullable();
    table.binary("task_id", 16).notNullable();
    table.primary(["incident_id", "task_id"]);
  });
}
