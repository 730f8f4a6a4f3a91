/** What a list of sessions shows, beside what 006 keeps. Every step is skipped where it is done already, see 001. */
import type { Knex } from "knex";
import { addColumn } from "./add-column.ts";

export const name = "018_session_list";

export async function up(knex: Knex): Promise<void> {
  await addColumn(knex, "sessions", "used_at", (t) => {
    t.bigInteger("used_at").nullable().comment("to some minutes; null: of a session from before this column");
  });
  await addColumn(knex, "sessions", "source_ip", (t) => {
    t.string("source_ip", 45).nullable().comment("where it began");
  });
  await addColumn(knex, "sessions", "user_agent", (t) => {
    t.string("user_agent", 256).nullable();
  });
}
