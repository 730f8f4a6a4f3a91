/** From lanes back to origins. */
import type { Database } from "../database.ts";
import { translated } from "../failures.ts";

/** Lane → origin, of those that are known. */
export async function originsOf(db: Database, lanes: string[]): Promise<Map<string, string>> {
  if (lanes.length === 0) return new Map();
  try {
    const rows: { lane: string; origin: string }[] = await db
      .knex("destinations")
      .select("lane", "origin")
      .whereIn("lane", lanes);
    return new Map(rows.map(({ lane, origin }) => [lane, origin]));
  } catch (error) {
    throw translated(error);
  }
}
