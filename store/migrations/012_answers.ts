/** Answers that are no text are kept as base64; a destination may want no connection kept open. */
import type { Knex } from "knex";
import { addColumn } from "./add-column.ts";

export const name = "012_answers";

export async function up(knex: Knex): Promise<void> {
  await addColumn(
    knex,
    "attempts",
    "response_base64",
    (table) => void table.boolean("response_base64").notNullable().defaultTo(false),
  );
  await addColumn(
    knex,
    "destinations",
    "keep_alive",
    (table) => void table.boolean("keep_alive").notNullable().defaultTo(true),
  );
}
