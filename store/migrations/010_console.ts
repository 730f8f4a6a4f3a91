/** What the console asks for: the tasks of a state, newest first; the copies of a task. */
import type { Knex } from "knex";
import { addIndex } from "./add-index.ts";

export const name = "010_console";

export async function up(knex: Knex): Promise<void> {
  // Without it a page of a common state sorts all tasks of that state: seconds among a million.
  await addIndex(knex, "tasks", ["state", "created_at", "task_id"], "tasks_state_created");
  await addIndex(knex, "task_resends", ["resend_of", "task_id"], "task_resends_original");
}
