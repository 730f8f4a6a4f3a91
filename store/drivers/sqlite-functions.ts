/** SQL functions that Bida adds to each connection to SQLite. */
import type SqliteDatabase from "better-sqlite3";

/** The name of {@link lowerUnicode} in SQLite. */
export const LOWER_UNICODE = "lower_unicode";

/** As MySQL does it, letter by letter. `toLowerCase` alone takes the other small Σ at the end of a word, so of a part. */
const lowerUnicode = (text: unknown): unknown =>
  typeof text === "string" ? text.replaceAll("Σ", "σ").toLowerCase() : text;

export function addFunctions(connection: SqliteDatabase.Database): void {
  connection.function(LOWER_UNICODE, { deterministic: true }, lowerUnicode);
}
