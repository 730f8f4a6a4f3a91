/** What to make of an error of the database: try again, say "unavailable", or let it through. */
import { setTimeout as pause } from "node:timers/promises";
import { BidaError } from "../core/errors.ts";
import { databaseRetries } from "../core/metrics.ts";
import type { Database } from "./database.ts";
import {
  CONTENTION,
  NOT_ADMITTED,
  NOT_TRUSTED,
  PASSING,
  PASSING_CODES,
  PASSING_SQLITE,
  READ_ONLY,
  REFUSED,
} from "./database-errors.ts";

const TRIES = 6;

/** Runs a transaction, again where it lost a lock race; other errors come out as {@link translated} says. */
export async function withRetries<T>(transaction: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return await transaction();
    } catch (error) {
      const reason = CONTENTION.get(codeOf(error));
      if (tries === TRIES || !reason) throw translated(error);
      databaseRetries[reason].inc();
      await pause(Math.random() * 2 ** tries * 2);
    }
  }
}

/**
 * One transaction, repeated as {@link withRetries} says.
 * @param work gets the database with `knex` a transaction; it may run several times
 */
export function transaction<T>(db: Database, work: (within: Database) => Promise<T>): Promise<T> {
  return withRetries(() => db.knex.transaction((trx) => work({ ...db, knex: trx })));
}

/** A read outside of a transaction; errors come out as {@link translated} says. */
export async function reading<T>(query: PromiseLike<T>): Promise<T> {
  try {
    return await query;
  } catch (error) {
    throw translated(error);
  }
}

/** `unavailable` where the database is gone (its own message stays as the cause, for the log); otherwise the error itself. */
export function translated(error: unknown): unknown {
  return isGone(error)
    ? new BidaError("unavailable", "The database does not answer", { cause: error })
    : error;
}

/** Whether a row was refused because its key exists. */
export const isDuplicate = (error: unknown): boolean =>
  ["ER_DUP_ENTRY", "SQLITE_CONSTRAINT_UNIQUE", "SQLITE_CONSTRAINT_PRIMARYKEY"].includes(codeOf(error));

/** Whether the database refuses what it was given, and works otherwise: what else was in the batch may go. */
export const isRefused = (error: unknown): boolean =>
  REFUSED.has(codeOf(error)) ||
  codeOf(error).startsWith("SQLITE_CONSTRAINT") ||
  // better-sqlite3 has no code for a value that no column takes.
  /SQLite3 can only bind|too big to bind|value is out of range/i.test(messageOf(error));

function isGone(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const code = codeOf(error);
  return (
    [PASSING, READ_ONLY].some((numbers) => numbers.has(numberOf(error))) ||
    isNotAdmitted(error) ||
    PASSING_CODES.has(code) ||
    CONTENTION.has(code) ||
    PASSING_SQLITE.some((beginning) => code.startsWith(beginning)) ||
    // Without a code of their own: Knex's and tarn's, and SQLite's of a table that is gone.
    /KnexTimeoutError|TimeoutError/.test(error.name) ||
    /connection.*closed|closed state|no such table|Unable to acquire a connection/i.test(error.message)
  );
}

/** Whether our account, or its rights, are not what the server knows, or its certificate not what we do. */
export const isNotAdmitted = (error: unknown): boolean =>
  NOT_ADMITTED.has(numberOf(error)) || NOT_TRUSTED.test(codeOf(error));

/** Whether a lock that was not waited for is somebody else's. MariaDB says the first, MySQL the second. */
export const isLockTaken = (error: unknown): boolean =>
  ["ER_LOCK_WAIT_TIMEOUT", "ER_LOCK_NOWAIT"].includes(codeOf(error));

/** What the server says, for the log: Knex puts the whole statement, with its values, in front of it. */
export function reasonOf(error: unknown): string {
  const { sqlMessage } = error as { sqlMessage?: unknown };
  const text = typeof sqlMessage === "string" ? sqlMessage : messageOf(error).split(" - ").at(-1);
  return (text ?? "").slice(0, 300);
}

const messageOf = (error: unknown): string => String((error as { message?: unknown } | null)?.message ?? "");
const numberOf = (error: unknown): number => Number((error as { errno?: unknown } | null)?.errno ?? 0);
const codeOf = (error: unknown): string => String((error as { code?: unknown } | null)?.code ?? "");
