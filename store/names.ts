/** Names of users, apps and channels by their numbers. */
import type { Database } from "./database.ts";
import { reading } from "./failures.ts";
import type { Row } from "./rows.ts";

const TABLES = {
  user: ["users", ["username"]],
  // A deleted app's name is free for another one.
  app: ["apps", ["deleted_name", "name"]],
  webhook: ["webhooks", ["name"]],
} as const;

/** Of those that have a row. */
export async function namesIn(
  db: Database,
  type: keyof typeof TABLES,
  ids: number[],
): Promise<Map<number, string>> {
  if (ids.length === 0) return new Map();
  const [table, columns] = TABLES[type];
  const rows = await reading<Row[]>(
    db
      .knex(table)
      .whereIn("id", ids)
      .select("id", ...columns),
  );
  return new Map(
    rows.map((row) => [row.id as number, columns.map((name) => row[name]).find((name) => name) as string]),
  );
}
