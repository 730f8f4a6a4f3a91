/** Which keys rows may be sealed with: a node that lacks one must not start, as it could not call their tasks. */
import type { Database } from "./database.ts";
import { reading } from "./failures.ts";
import { insertMany } from "./sql.ts";

/**
 * Writes down the key that this node seals with, and looks for those that it lacks. One that no row needs any more is forgotten;
 * to find that out costs a walk over the tables, once, and only after a key was taken away.
 * @returns whether it has all that rows are sealed with
 * @throws BidaError unavailable
 */
export async function checkSealingKeys(db: Database, now: number): Promise<boolean> {
  const { currentId } = db.sealing;
  if (currentId !== null) {
    const row = [currentId, now];
    await insertMany(db.knex, "sealing_keys", ["key_id", "since"], [row], db.driver.insertIgnore);
  }
  const known = await reading<number[]>(db.knex("sealing_keys").pluck("key_id"));
  for (const keyId of known.filter((one) => !db.sealing.has(one))) {
    if (await isUsed(db, keyId)) return false;
    await reading(db.knex("sealing_keys").where("key_id", keyId).delete());
  }
  return true;
}

async function isUsed(db: Database, keyId: number): Promise<boolean> {
  for (const table of ["tasks", "attempts"])
    if (await reading(db.knex(table).where("sealed", keyId).first("task_id"))) return true;
  return false;
}
