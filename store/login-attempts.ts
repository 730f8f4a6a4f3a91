/** Failed logins, counted under keys: an address, or an account from an address. Shared by all nodes. */
import { createHash } from "node:crypto";
import { type EpochMs, epochMs } from "../core/clock.ts";
import { ACQUAINTANCE, type Attempts, FAILURES_KEPT } from "../core/logins.ts";
import type { Database } from "./database.ts";
import { isDuplicate, reading, transaction } from "./failures.ts";
import type { Row } from "./rows.ts";

const hashOf = (key: string): Buffer => createHash("sha256").update(key).digest();

/** What is known under each of `keys`, in their order. */
export async function readAttempts(db: Database, keys: string[]): Promise<(Attempts | null)[]> {
  const hashes = keys.map(hashOf);
  const rows = await reading<Row[]>(db.knex("login_attempts").whereIn("key_hash", hashes));
  return hashes.map((hash) => {
    const row = rows.find(({ key_hash }) => hash.equals(key_hash as Buffer));
    return row ? attemptsFromRow(row) : null;
  });
}

/** Counts a failure under each of `keys`; failures that are too long ago are forgotten. */
export async function noteFailure(db: Database, keys: string[], now: EpochMs): Promise<void> {
  await transaction(db, async ({ knex }) => {
    // In one order, so two failures at once do not wait for each other.
    for (const hash of keys.map(hashOf).sort(Buffer.compare)) {
      const counted = await knex("login_attempts")
        .where("key_hash", hash)
        .update({
          failures: knex.raw("CASE WHEN failed_at < ? THEN 1 ELSE failures + 1 END", [now - FAILURES_KEPT]),
          failed_at: now,
          touched_at: now,
        });
      if (counted > 0) continue;
      const row = { key_hash: hash, failures: 1, failed_at: now, succeeded_at: null, touched_at: now };
      await knex("login_attempts").insert(row);
    }
  }).catch((error) => {
    // Another node's first failure under the same key, at the same moment: one of the two counts.
    if (!isDuplicate(error)) throw error;
  });
}

/** Forgets the failures under `key`, and remembers that it was right. */
export async function noteSuccess(db: Database, key: string, now: EpochMs): Promise<void> {
  const hash = hashOf(key);
  const row = { failures: 0, failed_at: 0, succeeded_at: now, touched_at: now };
  const changed = await reading(db.knex("login_attempts").where("key_hash", hash).update(row));
  if (changed > 0) return;
  await reading(db.knex("login_attempts").insert({ key_hash: hash, ...row })).catch((error) => {
    if (!isDuplicate(error)) throw error;
  });
}

/** Forgets what no longer counts. */
export async function pruneAttempts(db: Database, now: EpochMs): Promise<void> {
  await reading(
    db
      .knex("login_attempts")
      .where("touched_at", "<", now - ACQUAINTANCE)
      .delete(),
  );
  await reading(
    db
      .knex("login_attempts")
      .where("touched_at", "<", now - FAILURES_KEPT)
      .whereNull("succeeded_at")
      .delete(),
  );
}

function attemptsFromRow(row: Row): Attempts {
  return {
    failures: row.failures as number,
    failedAt: epochMs(row.failed_at as number),
    succeededAt: row.succeeded_at === null ? null : epochMs(row.succeeded_at as number),
  };
}
