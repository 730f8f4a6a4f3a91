/** Comparing and searching text that people type: the same answers on both databases. */

/** What Knex's and Objection's queries have in common. */
interface Query {
  where(column: string, value: string): unknown;
  whereRaw(sql: string, bindings: string[]): unknown;
}

/** As `Database` has it. */
interface Dialect {
  dialect: "sqlite" | "mysql";
}

/**
 * Only rows whose `column` is `value`, character by character. MySQL's and MariaDB's `=` takes no notice of blanks at the
 * end (PAD SPACE, which `utf8mb4_bin` has too), nor, where somebody has changed a table's collation, of case and accents.
 * It stands here because an index knows it; the bytes decide.
 */
export function whereExactly({ dialect }: Dialect, query: Query, column: string, value: string): void {
  query.where(column, value);
  if (dialect === "mysql") query.whereRaw(`${bytes(column)} = ${bytes("?")}`, [value]);
}

/** What to group a column of text by: only equal texts fall together then. */
export const exactGroup = ({ dialect }: Dialect, column: string): string =>
  dialect === "mysql" ? bytes(column) : column;

const bytes = (text: string): string => `CAST(${text} AS BINARY)`;

/** Only rows whose `column` contains `part`. Case makes no difference. */
export function whereContains(db: Dialect, query: Query, column: string, part: string): void {
  query.whereRaw(...anyOf([contains(db, column, part)]));
}

/**
 * Only tasks whose payload contains `part`, as people see it or as it is written. In JSON some characters are escaped:
 * `requestParam` is stored with the shortest escapes (`JSON.stringify`), a raw body in whatever way its sender chose.
 */
export function wherePayloadContains(db: Dialect, query: Query, part: string): void {
  const written = shortest(part);
  // Python and PHP, for example, escape what is not ASCII; PHP slashes too.
  const ascii = written.replace(/[^\0-\x7f]/g, (unit) => `\\u${hex(unit)}`);
  const slashed = [written, ascii].map((text) => text.replaceAll("/", "\\/"));
  query.whereRaw(
    ...anyOf([
      ...[part, written].map((text) => contains(db, "request_param", text)),
      ...[part, written, ascii, ...slashed].map((text) => contains(db, "body", text)),
    ]),
  );
}

const shortest = (part: string): string => JSON.stringify(part).slice(1, -1);
const hex = (unit: string): string => unit.charCodeAt(0).toString(16).padStart(4, "0");

type Condition = [sql: string, value: string];

/** Either side is made lower case by the database, in one way: that of `part` fits that of what is stored. */
function contains({ dialect }: Dialect, column: string, part: string): Condition {
  // SQLite's own function knows ASCII only. Ours costs more, and makes a difference only where there is something else.
  const lower = dialect === "sqlite" && /[^\0-\x7f]/.test(part) ? LOWER_UNICODE : "LOWER";
  return [`${lower}(${column}) LIKE ${lower}(?) ESCAPE '!'`, `%${part.replace(/[!%_]/g, "!$&")}%`];
}

/** Each condition once: most texts are written as they are seen. */
function anyOf(conditions: Condition[]): [sql: string, values: string[]] {
  const different = [...new Map(conditions.map((one) => [one.join("\0"), one])).values()];
  return [`(${different.map(([sql]) => sql).join(" OR ")})`, different.map(([, value]) => value)];
}

/** The name of {@link lowerUnicode} in SQLite. */
export const LOWER_UNICODE = "lower_unicode";

/** As MySQL does it, letter by letter. `toLowerCase` alone takes the other small Σ at the end of a word, so of a part. */
export const lowerUnicode = (text: unknown): unknown =>
  typeof text === "string" ? text.replaceAll("Σ", "σ").toLowerCase() : text;
