/** Which keys rows may be sealed with: a node that lacks one must not start, as it could not call their tasks. */
import type { Database } from "./database.ts";
import { reading } from "./failures.ts";
import type { Row } from "./rows.ts";
import { insertMany } from "./sql.ts";

/** Rows that one statement looks through. */
const STEP = 20_000;

/**
 * Writes down the key that this node seals with, and looks for those that it lacks. One that no row needs any more is forgotten;
 * to find that out costs a walk over the tables, once, and only after a key was taken away.
 * @returns whether it has all that rows are sealed with
 * @throws BidaError unavailable
 */
export async function checkSealingKeys(db: Database, now: number, step = STEP): Promise<boolean> {
  const { currentId } = db.sealing;
  if (currentId !== null) {
    const row = [currentId, now];
    await insertMany(db.knex, "sealing_keys", ["key_id", "since"], [row], db.driver.insertIgnore);
  }
  const known = await reading<number[]>(db.knex("sealing_keys").pluck("key_id"));
  for (const keyId of known.filter((one) => !db.sealing.has(one))) {
    if (await isUsed(db, keyId, step)) return false;
    await reading(db.knex("sealing_keys").where("key_id", keyId).delete());
  }
  return true;
}

/** No index knows it. Tables are walked in steps: a statement over all of a large one would take longer than any may. */
async function isUsed({ knex }: Database, keyId: number, step: number): Promise<boolean> {
  for (const table of ["tasks", "attempts"]) {
    for (let after: Buffer | null = null; ; ) {
      const rows = () => {
        const query = knex(table).orderBy("task_id");
        return after === null ? query : query.where("task_id", ">", after);
      };
      const end: Row | undefined = await reading<Row | undefined>(rows().offset(step).first("task_id"));
      const part = rows().where("sealed", keyId);
      if (end) part.where("task_id", "<=", end.task_id as Buffer);
      if (await reading(part.first("task_id"))) return true;
      if (!end) break;
      after = end.task_id as Buffer;
    }
  }
  return false;
}
