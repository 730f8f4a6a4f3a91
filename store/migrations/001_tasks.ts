/**
 * Tasks, their attempts, idempotency keys and calling apps.
 *
 * Times are milliseconds since the epoch. JSON is kept as text: MariaDB and MySQL differ in their JSON types.
 * Every step is skipped where its table exists, so a migration that was killed half-way can run again
 * (MySQL commits each CREATE by itself).
 */
import type { Knex } from "knex";
import { createTable } from "./create-table.ts";

export const name = "001_tasks";

export async function up(knex: Knex): Promise<void> {
  await createTable(knex, "tasks", (table) => {
    table.binary("task_id", 16).notNullable().primary();
    table.integer("app_id").notNullable().comment("0: Bida's own users");
    table.tinyint("state").notNullable().comment("index in STORED_STATES");
    table.integer("call_count").notNullable();
    table.integer("manual_calls").notNullable();
    table.integer("limit_call_count").notNullable();
    table.bigInteger("next_call_at").nullable().comment("null once ended");
    table.bigInteger("expires_at").nullable();
    table.bigInteger("created_at").notNullable();
    table.bigInteger("updated_at").notNullable();
    table.bigInteger("finished_at").nullable();
    table.string("lane", 11).notNullable().comment("hash of the target's origin, see core/ids.ts");
    table.string("url", 2048).notNullable();
    table.string("request_method", 8).notNullable();
    table.text("request_param", "mediumtext").nullable();
    table.text("body", "mediumtext").nullable();
    table.string("content_type", 200).nullable();
    table.text("headers", "mediumtext").nullable();
    table.string("expect_result", 512).nullable();
    table.text("expect", "mediumtext").nullable();
    table.text("retry").notNullable();
    table.integer("timeout_ms").notNullable();
    table.string("source_app_name", 64).nullable();
    table.string("target_app_name", 64).nullable();
    table.string("order_key", 128).nullable();
    table.string("source_ip", 45).nullable();
    table.string("last_error_code", 32).nullable();
    table.string("last_error_message", 500).nullable();
    // Open tasks by due time for the reconciler; ended ones have no due time, so within a state they stand
    // in order of id and a list by state needs no sort.
    table.index(["state", "next_call_at"], "tasks_due");
    table.index(["created_at"], "tasks_created");
  });
  await createTable(knex, "attempts", (table) => {
    table.binary("task_id", 16).notNullable();
    table.integer("n").notNullable().comment("the fence: one record per number");
    table.bigInteger("started_at").notNullable();
    table.integer("duration_ms").notNullable();
    table.boolean("succeeded").notNullable();
    table.smallint("status_code").nullable();
    table.string("error_code", 32).nullable();
    table.string("error_message", 500).nullable();
    table.text("response_headers", "mediumtext").nullable();
    table.text("response_body", "mediumtext").nullable();
    table.boolean("response_truncated").notNullable();
    table.string("node", 128).notNullable();
    table.primary(["task_id", "n"]);
  });
  await createTable(knex, "idempotency_keys", (table) => {
    table.integer("app_id").notNullable();
    table.binary("key_hash", 32).notNullable();
    table.binary("task_id", 16).notNullable();
    table.binary("body_hash", 32).notNullable();
    table.bigInteger("created_at").notNullable();
    table.primary(["app_id", "key_hash"]);
  });
  await createTable(knex, "apps", (table) => {
    table.increments("id");
    table.string("name", 64).notNullable().unique();
    table.binary("key_hash", 32).notNullable().unique();
    table.text("sealed_secrets").nullable().comment("JSON list of signing secrets, newest first, sealed");
    table.bigInteger("created_at").notNullable();
  });
}
