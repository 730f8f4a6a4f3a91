/** People who log in. */
import type { Role } from "../core/caller.ts";
import { type EpochMs, epochMs } from "../core/clock.ts";
import { BidaError } from "../core/errors.ts";
import type { Database } from "./database.ts";
import { reading } from "./failures.ts";
import { AppModel, from, UserModel } from "./models.ts";
import { idPage } from "./paging.ts";
import type { Row } from "./rows.ts";
import { ifFree } from "./taken.ts";
import { whereExactly } from "./text-match.ts";

export interface User {
  id: number;
  username: string;
  role: Role;
  /** argon2id in PHC format. Null: the environment's password is this user's. */
  passwordHash: string | null;
  disabled: boolean;
  createdAt: EpochMs;
  updatedAt: EpochMs;
}

export type NewUser = Pick<User, "username" | "role" | "passwordHash">;

export async function findUser(db: Database, username: string): Promise<User | null> {
  const query = from(db, UserModel);
  whereExactly(db, query, "username", username);
  const row = await reading(query.first());
  return row ? userFromRow(row) : null;
}

/** Whether an administrator has a password of their own, and so can log in whatever the environment says. */
export async function hasOwnAdmin(db: Database): Promise<boolean> {
  const admins = from(db, UserModel).where({ role: "admin", disabled: false });
  return (await reading(admins.whereNotNull("password_hash").first())) !== undefined;
}

/**
 * Whether there never was a user but the first administrator, nor an app. Those that were deleted count: their tasks may
 * still be waiting.
 */
export async function wasNobodyElse(db: Database, adminUsername: string): Promise<boolean> {
  const users = await reading(from(db, UserModel).select("username").limit(2));
  if (users.some(({ username }) => username !== adminUsername)) return false;
  // The rows of apps stay, those of users do not; the log of either is never pruned.
  if (await reading(from(db, AppModel).select("id").first())) return false;
  const created = db.knex("audit").where({ target_type: "user", action: "user.create" });
  return (await reading(created.first("id"))) === undefined;
}

/** A page of users, in order of id. @throws BidaError invalid_query for a foreign cursor */
export async function listUsers(db: Database, limit: number, cursor: string | null) {
  const page = await idPage(from(db, UserModel), limit, cursor);
  return { ...page, items: page.items.map(userFromRow) };
}

/** @throws BidaError conflict where the username is taken */
export async function insertUser(within: Database, user: NewUser, now: EpochMs): Promise<User> {
  const row = {
    username: user.username,
    role: user.role,
    password_hash: user.passwordHash,
    disabled: false,
    created_at: now,
    updated_at: now,
  };
  const [id] = await ifFree("a user", "username", user.username, within.knex("users").insert(row));
  return { ...user, id: id as number, disabled: false, createdAt: now, updatedAt: now };
}

/** Locks a user's row. To be called in a transaction. @throws BidaError not_found */
export async function lockUser(within: Database, id: number): Promise<User> {
  const row = await from(within, UserModel).findById(id).forUpdate();
  if (!row) throw new BidaError("not_found", "No such user");
  return userFromRow(row);
}

export async function userExists(db: Database, id: number): Promise<boolean> {
  return (await reading<Row | undefined>(from(db, UserModel).findById(id).select("id"))) !== undefined;
}

export async function writeUser(
  within: Database,
  user: User,
  patch: Partial<Pick<User, "role" | "passwordHash" | "disabled">>,
  now: EpochMs,
): Promise<User> {
  const after: User = { ...user, ...patch, updatedAt: now };
  const { role, passwordHash: password_hash, disabled } = after;
  await within.knex("users").where("id", user.id).update({ role, password_hash, disabled, updated_at: now });
  return after;
}

export async function deleteUser(within: Database, id: number): Promise<void> {
  await within.knex("users").where("id", id).delete();
}

/**
 * Refuses where nobody with the role admin is left. To be called after the change, in its transaction; the rows are
 * locked first ({@link lockAdmins}), so two admins cannot demote each other at once.
 * @throws BidaError conflict
 */
export async function checkAdminLeft(within: Database): Promise<void> {
  const admin = await from(within, UserModel).where({ role: "admin", disabled: false }).first();
  if (!admin) throw new BidaError("conflict", "This is the last administrator");
}

/** Locks the rows of all admins, in one order. To be called in a transaction. */
export async function lockAdmins(within: Database): Promise<void> {
  await from(within, UserModel).where("role", "admin").orderBy("id").forUpdate();
}

export function userFromRow(row: Row): User {
  return {
    id: row.id as number,
    username: row.username as string,
    role: row.role as Role,
    passwordHash: row.password_hash as string | null,
    disabled: Boolean(row.disabled),
    createdAt: epochMs(row.created_at as number),
    updatedAt: epochMs(row.updated_at as number),
  };
}
