/** The statements over `order_lines` and `order_waiting`; what they are for is in `lines.ts`. */
import type { Knex } from "knex";
import type { EpochMs } from "../core/clock.ts";
import { type TaskId, taskIdFromBytes, taskIdToBytes } from "../core/ids.ts";
import type { Database } from "./database.ts";
import { insertMany, placeholders } from "./sql.ts";

/** Hexadecimal; 128 bits of a SHA-256 over the app and the key. */
export type LineId = string;

export interface Line {
  /** The highest number given, and never below the time of the last acceptance. */
  lastSeq: number;
  /** The task whose turn it is; null where no task is open. */
  head: TaskId | null;
}

/** A held task. */
export interface Place {
  line: LineId;
  seq: number;
  taskId: TaskId;
  /** Its own earliest time. */
  notBefore: EpochMs;
}

/**
 * Waits for lines, in one order for everyone, and makes those that do not exist. One statement that locks exclusively,
 * whether it inserts or finds: INSERT IGNORE takes shared locks on what it finds, and two transactions that then ask
 * for more have a deadlock.
 */
export async function lockLines(db: Database, trx: Knex, ids: LineId[]): Promise<Map<LineId, Line>> {
  const rows = ids.toSorted().map((id) => [idBytes(id), 0]);
  const unchanged = db.driver.onConflict("line_id", "last_seq = order_lines.last_seq");
  await insertMany(trx, "order_lines", ["line_id", "last_seq"], rows, "INSERT", unchanged);
  return readLines(db, trx, ids, "");
}

/** Locks those of these lines that exist, at once or not at all: fails where another transaction holds one. */
export async function takeLines(db: Database, trx: Knex, ids: LineId[]): Promise<Map<LineId, Line>> {
  return readLines(db, trx, ids, db.driver.forUpdate("line_id", "nowait"));
}

async function readLines(db: Database, trx: Knex, ids: LineId[], lock: string): Promise<Map<LineId, Line>> {
  const answer = await trx.raw(
    `SELECT line_id, last_seq, head_id FROM order_lines WHERE line_id IN ${placeholders(ids.length)} ${lock}`,
    ids.map(idBytes),
  );
  return new Map(
    db.driver
      .rowsOf(answer)
      .map((row) => [
        hexOf(row.line_id),
        { lastSeq: row.last_seq as number, head: row.head_id === null ? null : idOf(row.head_id) },
      ]),
  );
}

/** Writes lines that are locked. */
export async function writeLines(db: Database, trx: Knex, lines: [LineId, Line][]): Promise<void> {
  const rows = lines.map(([id, { lastSeq, head }]) => [idBytes(id), lastSeq, head && taskIdToBytes(head)]);
  const taken = ["last_seq", "head_id"].map((column) => `${column} = ${db.driver.inserted(column)}`);
  const replace = db.driver.onConflict("line_id", taken.join(", "));
  await insertMany(trx, "order_lines", ["line_id", "last_seq", "head_id"], rows, "INSERT", replace);
}

/** The head of a line, without a lock. */
export async function headOf(db: Database, id: LineId): Promise<TaskId | null> {
  const row = await db.knex("order_lines").select("head_id").where("line_id", idBytes(id)).first();
  return row?.head_id ? idOf(row.head_id) : null;
}

/** The first place of each of these lines that has any. (With MIN(seq) MariaDB reads the whole line.) */
export async function firstPlaces(db: Database, trx: Knex, ids: LineId[]): Promise<Place[]> {
  if (ids.length === 0) return [];
  const answer = await trx.raw(
    `SELECT waiting.line_id, waiting.seq, waiting.task_id, waiting.not_before
     FROM order_lines
     JOIN order_waiting AS waiting ON waiting.line_id = order_lines.line_id AND waiting.seq =
       (SELECT seq FROM order_waiting AS places WHERE places.line_id = order_lines.line_id ORDER BY seq LIMIT 1)
     WHERE order_lines.line_id IN ${placeholders(ids.length)}`,
    ids.map(idBytes),
  );
  return db.driver.rowsOf(answer).map((row) => ({
    line: hexOf(row.line_id),
    seq: row.seq as number,
    taskId: idOf(row.task_id),
    notBefore: row.not_before as EpochMs,
  }));
}

export async function addPlaces(trx: Knex, places: Place[]): Promise<void> {
  const rows = places.map(({ line, seq, taskId, notBefore }) => [
    idBytes(line),
    seq,
    taskIdToBytes(taskId),
    notBefore,
  ]);
  await insertMany(trx, "order_waiting", ["line_id", "seq", "task_id", "not_before"], rows);
}

export async function removePlaces(trx: Knex, places: Pick<Place, "line" | "seq">[]): Promise<void> {
  if (places.length === 0) return;
  const each = places.map(() => "(line_id = ? AND seq = ?)").join(" OR ");
  await trx.raw(
    `DELETE FROM order_waiting WHERE ${each}`,
    places.flatMap(({ line, seq }) => [idBytes(line), seq]),
  );
}

const idBytes = (id: LineId): Buffer => Buffer.from(id, "hex");
const hexOf = (bytes: unknown): LineId => Buffer.from(bytes as Uint8Array).toString("hex");
const idOf = (bytes: unknown): TaskId => taskIdFromBytes(bytes as Uint8Array);
