/**
 * Everything that was raised stands in `incidents`, not only tasks that failed alike: breakers, backlogs, channels. Who was told
 * of it hears of its end. Mutes are rows of their own, for a time and for more than one incident. Messages that a platform
 * refused, and the short ones in their place. Entries of the audit log that belong to one act. Every step is skipped where it is
 * done already, see 001.
 */
import type { Knex } from "knex";
import { addColumn } from "./add-column.ts";
import { addIndex } from "./add-index.ts";
import { createTable } from "./create-table.ts";

export const name = "026_inbox";

export async function up(knex: Knex): Promise<void> {
  await addColumn(knex, "incidents", "kind", (table) => {
    table.string("kind", 20).notNullable().defaultTo("exhausted");
  });
  await addColumn(knex, "incidents", "subject_id", (table) => {
    table.integer("subject_id").nullable().comment("the channel that it is about");
  });
  await addColumn(knex, "incidents", "subject", (table) => {
    table.string("subject", 128).nullable().comment("its name then");
  });
  await addColumn(knex, "incidents", "alarms", (table) => {
    table.integer("alarms").notNullable().defaultTo(0);
  });
  await knex("incidents")
    .where({ kind: "exhausted", alarms: 0 })
    .update({ alarms: knex.ref("tasks") });
  await createTable(knex, "incident_channels", (table) => {
    table.integer("incident_id").notNullable();
    table.integer("webhook_id").notNullable();
    table.primary(["incident_id", "webhook_id"]);
  });
  await createTable(knex, "alarm_mutes", (table) => {
    table.increments("id");
    table.string("destination", 300).nullable().comment("all that are given must fit");
    table.string("source_app_name", 64).nullable();
    table.string("error_code", 32).nullable();
    table.integer("incident_id").nullable();
    table.bigInteger("until").nullable().comment("null: until its incident ends");
    table.string("note", 500).nullable();
    table.string("created_by", 128).notNullable();
    table.bigInteger("created_at").notNullable();
  });
  await moveMutes(knex);
  await addColumn(knex, "webhooks", "row_messages", (table) => {
    table.integer("row_messages").notNullable().defaultTo(0).comment("made one after another");
  });
  await addColumn(knex, "webhooks", "row_last_at", (table) => {
    table.bigInteger("row_last_at").notNullable().defaultTo(0).comment("when the last of them was made");
  });
  await addColumn(knex, "alarm_messages", "refused", (table) => {
    table.tinyint("refused").nullable().comment("1: a short one is to be sent in its place; 2: that is all");
  });
  await addColumn(knex, "alarm_messages", "instead_of", (table) => {
    table.binary("instead_of", 16).nullable().comment("the message that was refused");
  });
  await addIndex(knex, "alarm_messages", ["refused"], "alarm_messages_refused");
  await addColumn(knex, "audit", "group_id", (table) => {
    table.binary("group_id", 16).nullable().comment("the job, or the act on many tasks, that it is part of");
  });
  await addIndex(knex, "audit", ["group_id", "at", "id"], "audit_group");
}

/** From a column of incidents to rows of their own. */
async function moveMutes(knex: Knex): Promise<void> {
  if (!(await knex.schema.hasColumn("incidents", "muted"))) return;
  const done = knex("alarm_mutes").select("incident_id").whereNotNull("incident_id");
  const muted = await knex("incidents").where({ muted: true, ended: false }).whereNotIn("id", done);
  for (const { id, last_at } of muted)
    await knex("alarm_mutes").insert({ incident_id: id, created_by: "", created_at: last_at });
  await knex.raw("ALTER TABLE incidents DROP COLUMN muted");
}
