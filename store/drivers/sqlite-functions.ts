/** SQL functions that Bida adds to each connection to SQLite. */
import type SqliteDatabase from "better-sqlite3";

/** The name of {@link lowerUnicode} in SQLite. */
export const LOWER_UNICODE = "lower_unicode";

/** As MySQL does it, letter by letter. `toLowerCase` alone takes the other small Σ at the end of a word, so of a part. */
const lowerUnicode = (text: unknown): unknown =>
  typeof text === "string" ? text.replaceAll("Σ", "σ").toLowerCase() : text;

/** What SQLite's operator REGEXP calls, of which it has none of its own. Patterns are the program's; there are few. */
function matcher(): (pattern: unknown, text: unknown) => number | null {
  const known = new Map<unknown, RegExp>();
  return (pattern, text) => {
    if (text === null) return null;
    const made = known.get(pattern) ?? new RegExp(String(pattern));
    known.set(pattern, made);
    return Number(made.test(String(text)));
  };
}

export function addFunctions(connection: SqliteDatabase.Database): void {
  connection.function(LOWER_UNICODE, { deterministic: true }, lowerUnicode);
  connection.function("regexp", { deterministic: true }, matcher());
}
