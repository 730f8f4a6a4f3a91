/**
 * Alarms: channels (`webhooks`), the outbox of what people must hear (`alarms`), which channel each of them goes to
 * (`alarm_deliveries`), and the messages that were made of them (`alarm_messages`, one task each).
 *
 * Every step is skipped where it is done already, as in 001.
 */
import type { Knex } from "knex";

export const name = "007_alarms";

export async function up(knex: Knex): Promise<void> {
  await create(knex, "webhooks", (table) => {
    table.increments("id");
    table.string("type", 16).notNullable().comment("dingtalk, wecom, feishu, slack, email, webhook");
    table.string("name", 64).notNullable();
    table.boolean("enabled").notNullable();
    table.text("settings", "mediumtext").notNullable().comment("JSON of the request, without its secrets");
    table.text("sealed_secrets").notNullable().comment("sealed JSON: url, secret, password");
    table.string("source_key", 64).nullable().unique().comment("where it was imported from, e.g. kkbida:12");
    table.bigInteger("broken_since").nullable();
    table.string("last_error", 500).nullable();
    table.bigInteger("last_success_at").nullable();
    table.bigInteger("backlog_alarmed_at").nullable().comment("its backlog alarm stands since");
    table.bigInteger("created_at").notNullable();
    table.bigInteger("updated_at").notNullable();
  });
  await create(knex, "alarms", (table) => {
    table.bigIncrements("id");
    table.string("kind", 20).notNullable();
    table.tinyint("severity").notNullable().comment("index in SEVERITIES");
    table.boolean("routed").notNullable().comment("its deliveries are written");
    table.integer("not_to").nullable().comment("a channel that it is about");
    table.integer("only_to").nullable().comment("the channel whose own limit it is about");
    table.binary("task_id", 16).nullable();
    table.string("source_app_name", 64).nullable();
    table.string("destination", 300).nullable().comment("origin");
    table.string("error_code", 32).nullable();
    table.text("facts", "mediumtext").notNullable().comment("JSON: what templates are filled with");
    table.bigInteger("created_at").notNullable();
    table.index(["routed", "id"], "alarms_routed");
    table.index(["created_at"], "alarms_created");
  });
  await create(knex, "alarm_messages", (table) => {
    table.binary("task_id", 16).notNullable().primary().comment("the message's id is its task's");
    table.integer("webhook_id").notNullable();
    table.integer("alarms").notNullable().comment("how many it tells of");
    table.bigInteger("created_at").notNullable();
    table.index(["webhook_id", "created_at"], "alarm_messages_channel");
    table.index(["created_at"], "alarm_messages_created");
  });
  await create(knex, "alarm_deliveries", (table) => {
    table.integer("webhook_id").notNullable();
    table.bigInteger("alarm_id").notNullable();
    table.binary("message_id", 16).nullable().comment("null: not told yet");
    table.primary(["webhook_id", "alarm_id"]);
    table.index(["webhook_id", "message_id", "alarm_id"], "alarm_deliveries_open");
  });
  await create(knex, "alarm_desk", (table) => {
    table
      .integer("id")
      .notNullable()
      .primary()
      .comment("one row: whoever locks it routes and makes messages");
    table.bigInteger("checked_at").notNullable().comment("the last look at the backlog");
  });
  if ((await knex("alarm_desk").where("id", 1)).length === 0) {
    await knex("alarm_desk").insert({ id: 1, checked_at: 0 });
  }
}

async function create(knex: Knex, table: string, build: (t: Knex.CreateTableBuilder) => void): Promise<void> {
  if (await knex.schema.hasTable(table)) return;
  await knex.schema.createTable(table, (t) => {
    if (knex.client.config.client === "mysql2") {
      t.engine("InnoDB");
      t.charset("utf8mb4");
      t.collate("utf8mb4_bin");
    }
    build(t);
  });
}
