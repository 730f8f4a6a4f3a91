/** Sessions of the UI. The token is with the browser; here is its hash. */
import { type EpochMs, epochMs, later } from "../core/clock.ts";
import { SESSION_MAX } from "../core/logins.ts";
import type { Database } from "./database.ts";
import { reading } from "./failures.ts";
import { from, SessionModel } from "./models.ts";
import type { Row } from "./rows.ts";
import { type User, userFromRow } from "./users.ts";

export interface Session {
  tokenHash: Buffer;
  user: User;
  /** See `SessionProof` of the contract. */
  mark: Buffer;
  createdAt: EpochMs;
  expiresAt: EpochMs;
}

export async function insertSession(within: Database, session: Session): Promise<void> {
  await within.knex("sessions").insert({
    token_hash: session.tokenHash,
    user_id: session.user.id,
    mark: session.mark,
    created_at: session.createdAt,
    expires_at: session.expiresAt,
  });
}

/** The session of a token's hash, unless it is over or its user is disabled or gone. */
export async function findSession(db: Database, tokenHash: Buffer, now: EpochMs): Promise<Session | null> {
  const query = from(db, SessionModel)
    .findById(tokenHash as never)
    .joinRelated("user")
    .where("expires_at", ">", now)
    .where("user.disabled", false)
    .select("user.*", "mark", "expires_at", "sessions.created_at as began_at");
  const row = await reading<Row | undefined>(query);
  if (!row) return null;
  const createdAt = epochMs(row.began_at as number);
  if (later(createdAt, SESSION_MAX) <= now) return null;
  return {
    tokenHash,
    user: userFromRow(row),
    mark: row.mark as Buffer,
    createdAt,
    expiresAt: epochMs(row.expires_at as number),
  };
}

export async function extendSession(db: Database, tokenHash: Buffer, expiresAt: EpochMs): Promise<void> {
  await reading(db.knex("sessions").where("token_hash", tokenHash).update({ expires_at: expiresAt }));
}

/** @returns the user whose session it was; null where there was none */
export async function deleteSession(within: Database, tokenHash: Buffer): Promise<number | null> {
  const row = await within.knex("sessions").where("token_hash", tokenHash).first("user_id");
  if (row) await within.knex("sessions").where("token_hash", tokenHash).delete();
  return row ? row.user_id : null;
}

export async function deleteSessionsOf(within: Database, userId: number): Promise<void> {
  await within.knex("sessions").where("user_id", userId).delete();
}

/** @returns how many were over */
export async function pruneSessions(db: Database, now: EpochMs): Promise<number> {
  return reading(db.knex("sessions").where("expires_at", "<=", now).delete());
}
