/** From lanes back to origins. */
import type { Database } from "../database.ts";
import { translated } from "../failures.ts";

/** Databases in which the table of destinations was seen. */
const seen = new WeakSet<Database>();

/** Lane → origin, of those that are known. */
export async function originsOf(db: Database, lanes: string[]): Promise<Map<string, string>> {
  try {
    if (!seen.has(db)) {
      if (!(await db.knex.schema.hasTable("destinations"))) return new Map();
      seen.add(db);
    }
    const rows: { lane: string; origin: string }[] = await db
      .knex("destinations")
      .select("lane", "origin")
      .whereIn("lane", lanes);
    return new Map(rows.map(({ lane, origin }) => [lane, origin]));
  } catch (error) {
    throw translated(error);
  }
}
