/**
 * What a session of MySQL's is set to before anything else is asked on it. A server's own settings, or an operator's
 * `SET GLOBAL`, must change nothing of how our statements are read and what they do.
 */
import type { MysqlConnection } from "./statement-limit.ts";

/** A row that somebody else holds is waited for so long, in s; then the transaction begins again. MySQL's default is 50. */
const LOCK_WAIT = 3;

/**
 * After so long without a word from us MySQL closes a connection, in s. What a frozen node has locked in the middle of
 * a transaction is free again then. The pool closes idle ones itself before that.
 */
export const SILENCE_LIMIT = 20;

/**
 * Strict, and nothing else. mysql2 escapes values with backslashes: under `NO_BACKSLASH_ESCAPES` a caller's text would
 * end its string and be read as SQL. `ANSI_QUOTES`, `ORACLE` and the like read `"…"` as a name, or give Knex's aliases
 * and our concatenations another meaning; `PAD_CHAR_TO_FULL_LENGTH` and `EMPTY_STRING_IS_NULL` change values.
 */
const SQL_MODE = "STRICT_ALL_TABLES,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION";

const SETTINGS = [
  `SET SESSION ${[
    `sql_mode = '${SQL_MODE}'`,
    // Each statement outside a transaction is one; COMMIT ends a transaction and begins none.
    "autocommit = 1",
    "completion_type = 0",
    `innodb_lock_wait_timeout = ${LOCK_WAIT}`,
    `wait_timeout = ${SILENCE_LIMIT}`,
    "time_zone = '+00:00'",
    // An UPDATE without a key, a large join and a row without a limit are ours to judge.
    "sql_safe_updates = 0",
    "sql_big_selects = 1",
    "sql_select_limit = 18446744073709551615",
    "sql_auto_is_null = 0",
    "unique_checks = 1",
  ].join(", SESSION ")}`,
  "SET NAMES utf8mb4",
  // Without gap locks concurrent batches deadlock far less often; every statement locks rows it names by key.
  "SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED",
  "SET SESSION TRANSACTION READ WRITE",
  "SELECT @@session.sql_mode AS mode, @@session.max_allowed_packet AS packet",
].join("; ");

/** What the server says of a session of ours. */
export interface Session {
  /** The longest statement that it takes, in bytes. */
  packet: number;
}

/**
 * Sets a new connection up; nothing else may have been asked on it.
 * @throws Error also where the server does not do as it was told: a proxy in between, for instance
 */
export function setUp(connection: MysqlConnection): Promise<Session> {
  return new Promise((resolve, reject) => {
    connection.query(SETTINGS, (error: Error | null, answer: unknown) => {
      if (error) return reject(error);
      const [[{ mode, packet }]] = (answer as unknown[]).slice(-1) as [[{ mode: string; packet: number }]];
      if (mode.split(",").toSorted().join() !== SQL_MODE.split(",").toSorted().join())
        return reject(new Error(`the server did not take our sql_mode, but has "${mode}"`));
      return resolve({ packet });
    });
  });
}
