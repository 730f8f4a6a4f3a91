/**
 * What tells this database from others, and from an older copy of itself (`store/installation.ts`). Every step is skipped
 * where it is done already, see 001.
 */
import { randomUUID } from "node:crypto";
import type { Knex } from "knex";
import { createTable } from "./create-table.ts";

export const name = "016_installation";

export async function up(knex: Knex): Promise<void> {
  await createTable(knex, "installation", (t) => {
    t.string("id", 36).notNullable().primary().comment("random, for the life of the installation");
    t.bigInteger("epoch").notNullable().comment("grows every few seconds while schedulers run");
    t.bigInteger("seen_at").notNullable().comment("the cluster's clock when epoch grew last");
    t.bigInteger("pruned_at").notNullable().comment("the clock that retention goes by; never jumps ahead");
  });
  await createTable(knex, "installation_nodes", (t) => {
    t.string("node_id", 191).notNullable().primary();
    t.string("due_set", 64).notNullable().comment("the identity of the Redis that it uses");
    t.bigInteger("since").notNullable().comment("it uses that one since; the database's clock");
    t.bigInteger("seen_at").notNullable().comment("the database's clock");
  });
  if (await knex("installation").first("id")) return;
  // The newest row is the best proof of what time it was: this machine's clock may be wrong just now.
  const newest = await knex("tasks").orderBy("created_at", "desc").first("created_at");
  const seenAt = newest?.created_at ?? Date.now();
  await knex("installation").insert({ id: randomUUID(), epoch: 1, seen_at: seenAt, pruned_at: seenAt });
}
