/**
 * Users, their sessions, failed logins, the audit log, and what apps need for rotation, limits and deletion.
 * Every step is skipped where it is done already, see 001.
 */
import type { Knex } from "knex";
import { addColumn } from "./add-column.ts";
import { createTable } from "./create-table.ts";

export const name = "006_people";

export async function up(knex: Knex): Promise<void> {
  await createTable(knex, "users", (table) => {
    table.increments("id");
    table.string("username", 64).notNullable().unique();
    table.string("role", 16).notNullable();
    table.string("password_hash", 255).nullable().comment("argon2id, PHC format; null: the environment's");
    table.boolean("disabled").notNullable();
    table.bigInteger("created_at").notNullable();
    table.bigInteger("updated_at").notNullable();
  });
  await createTable(knex, "sessions", (table) => {
    table.binary("token_hash", 32).notNullable().primary();
    table.integer("user_id").notNullable().index("sessions_user");
    table.binary("mark", 32).notNullable().comment("HMAC of the environment's password by the token");
    table.bigInteger("created_at").notNullable();
    table.bigInteger("expires_at").notNullable().index("sessions_expiry").comment("moves with use");
  });
  await createTable(knex, "login_attempts", (table) => {
    table.binary("key_hash", 32).notNullable().primary().comment("of an address, or of account and address");
    table.integer("failures").notNullable();
    table.bigInteger("failed_at").notNullable();
    table.bigInteger("succeeded_at").nullable();
    table.bigInteger("touched_at").notNullable().index("login_attempts_touched");
  });
  await createTable(knex, "audit", (table) => {
    table.binary("id", 16).notNullable().primary();
    table.bigInteger("at").notNullable();
    table.string("actor_kind", 8).notNullable();
    table.integer("actor_id").nullable();
    table.string("actor_name", 128).notNullable();
    table.string("source_ip", 45).nullable();
    table.string("action", 64).notNullable();
    table.string("target_type", 32).notNullable();
    table.string("target_id", 512).nullable();
    table.text("before_json", "mediumtext").nullable();
    table.text("after_json", "mediumtext").nullable();
    table.string("note", 500).nullable();
    table.string("request_path", 512).nullable();
    table.index(["at", "id"], "audit_at");
    table.index(["target_type", "target_id", "at"], "audit_target");
    table.index(["actor_name", "at"], "audit_actor");
  });
  await addColumn(knex, "apps", "previous_key_hash", (table) => {
    table.binary("previous_key_hash", 32).nullable().unique();
  });
  await addColumn(knex, "apps", "previous_key_until", (table) => {
    table.bigInteger("previous_key_until").nullable();
  });
  await addColumn(knex, "apps", "ip_allow", (table) => {
    table.text("ip_allow").nullable().comment("JSON list of CIDR ranges; null: from anywhere");
  });
  await addColumn(knex, "apps", "rate_per_second", (table) => {
    table.integer("rate_per_second").nullable();
  });
  await addColumn(knex, "apps", "disabled", (table) => {
    table.boolean("disabled").notNullable().defaultTo(false);
  });
  await addColumn(knex, "apps", "updated_at", (table) => {
    table.bigInteger("updated_at").nullable();
  });
  await addColumn(knex, "apps", "deleted_at", (table) => {
    table.bigInteger("deleted_at").nullable();
  });
  await addColumn(knex, "apps", "deleted_name", (table) => {
    table.string("deleted_name", 64).nullable().comment("its name then; `name` is free again");
  });
}
