/** What to make of an error of the database: try again, say "unavailable", or let it through. */
import { setTimeout as pause } from "node:timers/promises";
import { BidaError } from "../core/errors.ts";
import { databaseRetries } from "../core/metrics.ts";
import type { Database } from "./database.ts";

/** Lost a lock race; the transaction was rolled back and may simply run again. */
const CONTENTION = new Map([
  ["ER_LOCK_DEADLOCK", databaseRetries.deadlock],
  ["ER_LOCK_WAIT_TIMEOUT", databaseRetries.lockWait],
  ["ER_LOCK_NOWAIT", databaseRetries.lockWait],
  ["SQLITE_BUSY", databaseRetries.busy],
  ["SQLITE_BUSY_SNAPSHOT", databaseRetries.busy],
]);

/** The server cannot be reached, or will not serve just now. */
const GONE = new Set([
  "ECONNREFUSED",
  "ECONNRESET",
  "ETIMEDOUT",
  "EHOSTUNREACH",
  "ENOTFOUND",
  "EAI_AGAIN",
  "EPIPE",
  "PROTOCOL_CONNECTION_LOST",
  "PROTOCOL_ENQUEUE_AFTER_FATAL_ERROR",
  "ER_SERVER_SHUTDOWN",
  "ER_CON_COUNT_ERROR",
  "ER_NORMAL_SHUTDOWN",
  "ER_OPTION_PREVENTS_STATEMENT",
  "ER_CONNECTION_KILLED",
  "ER_CLIENT_INTERACTION_TIMEOUT",
  "SQLITE_FULL",
  "SQLITE_IOERR",
]);

const TRIES = 6;

/** Runs a transaction, again where it lost a lock race; other errors come out as {@link translated} says. */
export async function withRetries<T>(transaction: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return await transaction();
    } catch (error) {
      const retried = CONTENTION.get(codeOf(error));
      if (tries === TRIES || !retried) throw translated(error);
      retried.inc();
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

/** Names of MySQL's errors that say: not this value, not in this column. */
const REFUSED = new Set([
  "ER_DUP_ENTRY",
  "ER_BAD_NULL_ERROR",
  "ER_DATA_TOO_LONG",
  "ER_TOO_LONG_STRING",
  "ER_TOO_BIG_ROWSIZE",
  "ER_WARN_DATA_OUT_OF_RANGE",
  "WARN_DATA_TRUNCATED",
  "ER_TRUNCATED_WRONG_VALUE",
  "ER_TRUNCATED_WRONG_VALUE_FOR_FIELD",
  "ER_WRONG_VALUE",
  "ER_WRONG_VALUE_FOR_TYPE",
  "ER_INVALID_CHARACTER_STRING",
  "ER_CANNOT_CONVERT_STRING",
  "ER_DATA_OUT_OF_RANGE",
  "ER_CHECK_CONSTRAINT_VIOLATED",
  "ER_CONSTRAINT_FAILED",
  "ER_SIGNAL_EXCEPTION",
  "ER_NET_PACKET_TOO_LARGE",
  "SQLITE_MISMATCH",
  "SQLITE_TOOBIG",
  "SQLITE_RANGE",
]);

/** Whether the database refuses what it was given, and works otherwise: what else was in the batch may go. */
export const isRefused = (error: unknown): boolean =>
  REFUSED.has(codeOf(error)) ||
  codeOf(error).startsWith("SQLITE_CONSTRAINT") ||
  // better-sqlite3 has no code for a value that no column takes.
  /SQLite3 can only bind|too big to bind|value is out of range/i.test(messageOf(error));

function isGone(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if (GONE.has(codeOf(error)) || CONTENTION.has(codeOf(error))) return true;
  // Knex's and tarn's errors have no code.
  return (
    /KnexTimeoutError|TimeoutError/.test(error.name) || /connection.*closed|closed state/i.test(error.message)
  );
}

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
const codeOf = (error: unknown): string => String((error as { code?: unknown } | null)?.code ?? "");
