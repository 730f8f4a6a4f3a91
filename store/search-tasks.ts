/** Finding tasks by a key, or by a part of their id: a handful, by an index each. */
import type { Knex } from "knex";
import type { IdParts } from "../core/id-parts.ts";
import { STORED_STATES } from "../core/task.ts";
import { type Database, forSearch } from "./database.ts";
import { reading } from "./failures.ts";
import { LISTED_COLUMNS, type ListedTask, listedFromRow, type Row, stateCode } from "./rows.ts";
import { placeholders } from "./sql.ts";

/** Newest tasks of each state whose ids are looked at for their end: no index knows it. */
const IDS_LOOKED_AT = 100_000;
/** Newest tasks whose names of apps are looked at. */
const NAMES_LOOKED_AT = 5_000;

/** Columns with an index of their own, of keys that callers make. */
export type KeyColumn = "order_key" | "business_key";

/** What was found, and whether that is all there is. */
export interface SomeTasks {
  tasks: ListedTask[];
  complete: boolean;
}

/** Tasks whose id fits one of the parts, the newest first. */
export async function tasksByIdParts(db: Database, parts: IdParts[], limit: number): Promise<SomeTasks> {
  const { knex } = forSearch(db);
  const ids: Buffer[] = [];
  const looks = parts.flatMap((one) => looksOf(knex, one).map((look) => ({ look, ends: one.ends })));
  for (const { look, ends } of looks) {
    const query = knex(look.clone().limit(IDS_LOOKED_AT).as("looked")).select("task_id");
    if (ends !== "") query.whereRaw(...endingIn(ends));
    const rows = await reading<Row[]>(query.limit(limit + 1 - ids.length));
    ids.push(...rows.map(({ task_id }) => task_id as Buffer));
    if (ids.length > limit) return { tasks: await byIds(knex, ids.slice(0, limit)), complete: false };
  }
  return { tasks: await byIds(knex, ids), complete: await sawAll(looks) };
}

/** Whether there is nothing behind what was looked at for an end. */
async function sawAll(looks: { look: Knex.QueryBuilder; ends: string }[]): Promise<boolean> {
  for (const { look } of looks.filter(({ ends }) => ends !== "")) {
    const beyond = look.clone().offset(IDS_LOOKED_AT).limit(1);
    if ((await reading<Row[]>(beyond)).length > 0) return false;
  }
  return true;
}

/** Where ids with these parts stand, newest first: by what they begin with, or state by state. An index alone tells both. */
function looksOf(knex: Knex, { begins }: IdParts): Knex.QueryBuilder[] {
  const ids = () => knex("tasks").select("task_id");
  if (begins !== "") {
    const [from, to] = ["0", "f"].map((digit) => Buffer.from(begins.padEnd(32, digit), "hex")) as Buffer[];
    return [
      ids()
        .whereRaw("task_id BETWEEN ? AND ?", [from, to] as Knex.RawBinding[])
        .orderBy("task_id", "desc"),
    ];
  }
  return STORED_STATES.map((state) => ids().where("state", stateCode(state)).orderBy(newestFirst));
}

/** Whole bytes are compared as such, which costs a third. */
const endingIn = (ends: string): [sql: string, values: Knex.RawBinding[]] =>
  ends.length % 2 === 0
    ? [`SUBSTR(task_id, -${ends.length / 2}) = ?`, [Buffer.from(ends, "hex")]]
    : ["HEX(task_id) LIKE ?", [`%${ends.toUpperCase()}`]];

/** Tasks with this key, the newest first; then those whose key begins so. */
export async function tasksByKey(
  db: Database,
  column: KeyColumn,
  key: string,
  limit: number,
): Promise<SomeTasks> {
  const { knex } = db;
  const exact = knex("tasks").select(LISTED_COLUMNS).where(column, key).orderBy(newestFirst);
  const rows = await reading<Row[]>(exact.limit(limit + 1));
  if (rows.length <= limit) {
    const more = knex("tasks").select(LISTED_COLUMNS).where(column, ">", key).where(column, "<", behind(key));
    const order = [column, "created_at", "task_id"];
    rows.push(...(await reading<Row[]>(more.orderBy(order).limit(limit + 1 - rows.length))));
  }
  return { tasks: rows.slice(0, limit).map(listedFromRow), complete: rows.length <= limit };
}

const newestFirst = ["created_at", "task_id"].map((column) => ({ column, order: "desc" as const }));

/** What stands behind all texts that begin so. */
const behind = (text: string): string => `${text}\u{10ffff}`;

/** Different keys that begin so, in order. One look-up each: a key may have a hundred thousand tasks. */
export async function keysLike(
  db: Database,
  column: KeyColumn,
  begin: string,
  limit: number,
): Promise<string[]> {
  const keys: string[] = [];
  const first = db.knex("tasks").select(column).where(column, ">=", begin);
  for (let query = first; keys.length < limit; ) {
    if (begin !== "") query.where(column, "<", behind(begin));
    const [row] = await reading<Row[]>(query.orderBy(column).limit(1));
    if (!row) break;
    keys.push(row[column] as string);
    query = db
      .knex("tasks")
      .select(column)
      .where(column, ">", row[column] as string);
  }
  return keys;
}

/** Tasks that were accepted under one of these idempotency keys, of whatever app. @param hashes as they are stored */
export async function tasksByIdempotencyKey(
  db: Database,
  hashes: Buffer[],
  limit: number,
): Promise<SomeTasks> {
  // By app and hash, which is the key; users' tasks are of no app.
  const owners = "SELECT 0 AS id UNION ALL SELECT id FROM apps";
  const answer = await reading(
    db.knex.raw(
      `SELECT k.task_id FROM (${owners}) o ${db.driver.joinInOrder} idempotency_keys k ON k.app_id = o.id
       WHERE k.key_hash IN ${placeholders(hashes.length)} LIMIT ?`,
      [...hashes, limit + 1],
    ),
  );
  const ids = db.driver.rowsOf(answer).map(({ task_id }) => task_id as Buffer);
  return { tasks: await byIds(db.knex, ids.slice(0, limit)), complete: ids.length <= limit };
}

async function byIds(knex: Knex, ids: Buffer[]): Promise<ListedTask[]> {
  if (ids.length === 0) return [];
  const rows = await reading<Row[]>(
    knex("tasks").select(LISTED_COLUMNS).whereIn("task_id", ids).orderBy(newestFirst),
  );
  return rows.map(listedFromRow);
}

/** Names of apps that the newest tasks give, in order. */
export async function namesOfLate(
  db: Database,
  column: "source_app_name" | "target_app_name",
): Promise<string[]> {
  const { knex } = forSearch(db);
  const looked = knex("tasks").select(column).orderBy("created_at", "desc").limit(NAMES_LOOKED_AT);
  const names = await reading<Row[]>(knex(looked.as("looked")).distinct(column).whereNotNull(column));
  return names.map((row) => row[column] as string).sort();
}
