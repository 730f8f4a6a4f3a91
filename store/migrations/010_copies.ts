/** From a task to its copies. */
import type { Knex } from "knex";
import { addIndex } from "./add-index.ts";

export const name = "010_copies";

export async function up(knex: Knex): Promise<void> {
  await addIndex(knex, "task_resends", ["resend_of", "task_id"], "task_resends_original");
}
