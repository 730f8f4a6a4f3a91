/** Comparing and searching text that people type: the same answers on both databases. */
import { HIDING } from "../core/task-secrets.ts";
import type { Texts } from "./drivers/driver.ts";

/** What Knex's and Objection's queries have in common. */
interface Query {
  where(column: string, value: string): unknown;
  whereRaw(sql: string, bindings: string[]): unknown;
}

/** As `Database` has it. */
interface Matching {
  driver: Pick<Texts, "exactText" | "lowerFor">;
}

/**
 * Only rows whose `column` is `value`, character by character (`exactText` of the driver). The plain `=` stands here because an
 * index knows it; the exact texts decide.
 */
export function whereExactly({ driver }: Matching, query: Query, column: string, value: string): void {
  query.where(column, value);
  const exact = driver.exactText(column);
  if (exact !== column) query.whereRaw(`${exact} = ${driver.exactText("?")}`, [value]);
}

/** Only rows whose `column` contains `part`. Case makes no difference. */
export function whereContains(db: Matching, query: Query, column: string, part: string): void {
  query.whereRaw(...anyOf([contains(db, column, part)]));
}

/** A URL up to its query. Both databases read it; the question marks are bound, since Knex would take them for values. */
const HEAD = "CASE WHEN INSTR(url, ?) = 0 THEN url ELSE SUBSTR(url, 1, INSTR(url, ?) - 1) END";

/**
 * Only tasks whose URL contains `part` where it is not masked (`core/task-secrets.ts`). Who sees masks could find out a secret
 * piece by piece if it made a difference to what a search finds. It makes none: of a URL with one in its query only what stands before
 * the query is searched, and of one with credentials before its host nothing.
 */
export function whereSeenUrlContains(db: Matching, query: Query, part: string): void {
  const [whole, value] = contains(db, "url", part);
  const [head] = contains(db, HEAD, part);
  // What is kept as the URL that is called has its masks in it.
  const [called] = contains(db, "called_url", part);
  const seen = `${whole} AND ${not("url")} AND (${not("url")} OR ${head})`;
  query.whereRaw(`(${called} OR (called_url IS NULL AND ${seen}))`, [
    ...[value, value, HIDING.userInfo, HIDING.query],
    ...["?", "?", value],
  ]);
}

/**
 * Longer parameters are not matched with a pattern, and count as masked where they are a query. MySQL ends a match after 320,000
 * steps of ICU (`regexp_time_limit` of 32), of which this pattern takes some 15 per character, and fails the statement (error 3699).
 */
const MAX_MATCHED = 16_384;

/** As {@link wherePayloadContains}, likewise: parameters of which one is masked are not looked at. */
export function whereSeenPayloadContains(db: Matching, query: Query, part: string): void {
  const [params, inParams] = anyOf(paramConditions(db, part));
  const [bodies, inBodies] = anyOf(bodyConditions(db, part));
  // What is a query, or may fill one, is short, or it could not be called.
  query.whereRaw(
    `(${bodies} OR (${params} AND ${not("url")} AND
      ((request_method NOT IN ('GET', 'DELETE') AND ${not("url")}) OR
       (LENGTH(request_param) <= ${MAX_MATCHED} AND ${not("request_param")}))))`,
    [...inBodies, ...inParams, HIDING.placeholder, HIDING.filled, HIDING.members],
  );
}

/** Case is the pattern's. */
const not = (column: string): string => `NOT (LOWER(${column}) REGEXP ?)`;

/**
 * Only tasks whose payload contains `part`, as people see it or as it is written. In JSON some characters are escaped:
 * `requestParam` is stored with the shortest escapes (`JSON.stringify`), a raw body in whatever way its sender chose.
 */
export function wherePayloadContains(db: Matching, query: Query, part: string): void {
  query.whereRaw(...anyOf([...paramConditions(db, part), ...bodyConditions(db, part)]));
}

const paramConditions = (db: Matching, part: string): Condition[] =>
  [part, shortest(part)].map((text) => contains(db, "request_param", text));

function bodyConditions(db: Matching, part: string): Condition[] {
  const written = shortest(part);
  // Python and PHP, for example, escape what is not ASCII; PHP slashes too.
  const ascii = written.replace(/[^\0-\x7f]/g, (unit) => `\\u${hex(unit)}`);
  const slashed = [written, ascii].map((text) => text.replaceAll("/", "\\/"));
  return [part, written, ascii, ...slashed].map((text) => contains(db, "body", text));
}

const shortest = (part: string): string => JSON.stringify(part).slice(1, -1);
const hex = (unit: string): string => unit.charCodeAt(0).toString(16).padStart(4, "0");

type Condition = [sql: string, value: string];

/** Either side is made lower case by the database, in one way: that of `part` fits that of what is stored. */
function contains({ driver }: Matching, column: string, part: string): Condition {
  const lower = driver.lowerFor(part);
  return [`${lower}(${column}) LIKE ${lower}(?) ESCAPE '!'`, `%${part.replace(/[!%_]/g, "!$&")}%`];
}

/** Each condition once: most texts are written as they are seen. */
function anyOf(conditions: Condition[]): [sql: string, values: string[]] {
  const different = [...new Map(conditions.map((one) => [one.join("\0"), one])).values()];
  return [`(${different.map(([sql]) => sql).join(" OR ")})`, different.map(([, value]) => value)];
}
