/**
 * Until when the row itself is the lease of a task's first call (docs/delivery.md, "The short way"). No index: rows whose
 * time has passed are found by their due time, see `store/handovers.ts`.
 */
import type { Knex } from "knex";
import { addColumn } from "./add-column.ts";

export const name = "014_handover";

export async function up(knex: Knex): Promise<void> {
  await addColumn(knex, "tasks", "handed_until", (table) => {
    table.bigInteger("handed_until").nullable().comment("the first call is some dispatcher's until then");
  });
}
