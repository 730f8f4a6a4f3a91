/** Sessions of the UI. The token is with the browser; here is its hash. */
import { createHash } from "node:crypto";
import { type EpochMs, epochMs, later } from "../core/clock.ts";
import { MAX_SESSIONS, SESSION_MAX } from "../core/logins.ts";
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

/** Where a session began, for the list. */
export interface SessionPlace {
  sourceIp: string | null;
  /** At most 256 characters are kept. */
  userAgent: string | null;
}

/** A session as its user sees it in a list. */
export interface ListedSession extends SessionPlace {
  tokenHash: Buffer;
  createdAt: EpochMs;
  /** To some minutes. */
  usedAt: EpochMs;
  expiresAt: EpochMs;
}

/** The name of a session outside: nothing can be done with it but to end it. */
export const sessionIdOf = (tokenHash: Buffer): string =>
  createHash("sha256").update("session").update(tokenHash).digest("hex").slice(0, 32);

/** Adds a session. Of a user's sessions beyond {@link MAX_SESSIONS} the oldest end. */
export async function insertSession(
  within: Database,
  session: Session,
  { sourceIp, userAgent }: SessionPlace = { sourceIp: null, userAgent: null },
): Promise<void> {
  await within.knex("sessions").insert({
    token_hash: session.tokenHash,
    user_id: session.user.id,
    mark: session.mark,
    created_at: session.createdAt,
    expires_at: session.expiresAt,
    used_at: session.createdAt,
    source_ip: sourceIp,
    user_agent: userAgent?.slice(0, 256) ?? null,
  });
  const surplus: Buffer[] = await within
    .knex("sessions")
    .where("user_id", session.user.id)
    .orderBy([{ column: "created_at", order: "desc" }, "token_hash"])
    .limit(MAX_SESSIONS)
    .offset(MAX_SESSIONS)
    .pluck("token_hash");
  if (surplus.length > 0) await within.knex("sessions").whereIn("token_hash", surplus).delete();
}

/** A user's sessions that are not over, the newest first; at most {@link MAX_SESSIONS}. */
export async function listSessions(db: Database, userId: number, now: EpochMs): Promise<ListedSession[]> {
  const rows = await reading<Row[]>(
    db
      .knex("sessions")
      .where("user_id", userId)
      .where("expires_at", ">", now)
      .where("created_at", ">", now - SESSION_MAX)
      .orderBy([{ column: "created_at", order: "desc" }, "token_hash"])
      .limit(MAX_SESSIONS),
  );
  return rows.map((row) => ({
    tokenHash: row.token_hash as Buffer,
    createdAt: epochMs(row.created_at as number),
    usedAt: epochMs((row.used_at ?? row.created_at) as number),
    expiresAt: epochMs(row.expires_at as number),
    sourceIp: row.source_ip as string | null,
    userAgent: row.user_agent as string | null,
  }));
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

/** It was used at `now`. */
export async function extendSession(
  db: Database,
  tokenHash: Buffer,
  expiresAt: EpochMs,
  now: EpochMs,
): Promise<void> {
  const change = { expires_at: expiresAt, used_at: now };
  await reading(db.knex("sessions").where("token_hash", tokenHash).update(change));
}

/** @returns the user whose session it was; null where there was none */
export async function deleteSession(within: Database, tokenHash: Buffer): Promise<number | null> {
  const row = await within.knex("sessions").where("token_hash", tokenHash).first("user_id");
  if (row) await within.knex("sessions").where("token_hash", tokenHash).delete();
  return row ? row.user_id : null;
}

/** @returns how many there were */
export async function deleteSessionsOf(within: Database, userId: number): Promise<number> {
  return within.knex("sessions").where("user_id", userId).delete();
}

/** @returns how many were over */
export async function pruneSessions(db: Database, now: EpochMs): Promise<number> {
  return reading(db.knex("sessions").where("expires_at", "<=", now).delete());
}
