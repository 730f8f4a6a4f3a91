/** The audit log in the database. Entries are added, never changed. */

import { parse, stringify, v7 } from "uuid";
import type { AuditEntry } from "../core/audit.ts";
import type { Actor } from "../core/caller.ts";
import { type EpochMs, epochMs } from "../core/clock.ts";
import { cursorOf, cursorParts, wrongCursor } from "../core/cursor.ts";
import { parseTaskId, taskIdToBytes } from "../core/ids.ts";
import type { Page } from "../core/page.ts";
import { cutPage } from "../core/page-cut.ts";
import type { Database } from "./database.ts";
import { reading, translated } from "./failures.ts";
import type { Row } from "./rows.ts";
import { insertMany } from "./sql.ts";
import { whereExactly } from "./text-match.ts";

/** An entry as it is read back. */
export interface StoredAudit {
  /** UUIDv7. */
  id: string;
  at: EpochMs;
  actor: Omit<Actor, "role">;
  sourceIp: string | null;
  action: string;
  target: { type: string; id: string | null };
  before: unknown;
  after: unknown;
  note: string | null;
  requestPath: string | null;
  group: string | null;
}

/** All that are given must hold. */
export interface AuditFilter {
  /** Name of a user, app or node. */
  actor?: string | undefined;
  action?: string | undefined;
  target?: { type: string; id: string | null } | undefined;
  from?: number | undefined;
  to?: number | undefined;
  /** What belongs to a job, or to an act on many tasks. Without it that stays out, unless an action or one target is asked for. */
  group?: string | undefined;
}

/**
 * Adds an entry. In the transaction of the change that it tells of: there is neither without the other.
 * @param within the database, or the same with `knex` a transaction: `{ ...db, knex: trx }`
 */
export function recordAudit(within: Database, entry: AuditEntry): Promise<void> {
  return recordAudits(within, [entry]);
}

/** {@link recordAudit} for many. */
export async function recordAudits(within: Database, entries: AuditEntry[]): Promise<void> {
  try {
    await insertMany(within.knex, "audit", COLUMNS, entries.map(toRow));
  } catch (error) {
    throw translated(error);
  }
}

const COLUMNS = [
  "id",
  "at",
  "actor_kind",
  "actor_id",
  "actor_name",
  "source_ip",
  "action",
  "target_type",
  "target_id",
  "before_json",
  "after_json",
  "note",
  "request_path",
  "group_id",
] as const;

const toRow = (entry: AuditEntry): unknown[] => [
  Buffer.from(parse(v7())),
  entry.at,
  entry.actor.kind,
  entry.actor.id,
  entry.actor.name.slice(0, 128),
  entry.sourceIp,
  entry.action.slice(0, 64),
  entry.target.type,
  entry.target.id?.slice(0, 512) ?? null,
  json(entry.before),
  json(entry.after),
  entry.note?.slice(0, 500) ?? null,
  entry.requestPath?.slice(0, 512) ?? null,
  entry.group ? Buffer.from(parse(entry.group)) : null,
];

/**
 * A page of entries, newest first.
 * @throws BidaError invalid_query for a cursor that is not one of ours
 */
export async function listAudit(
  db: Database,
  filter: AuditFilter,
  limit: number,
  cursor: string | null,
): Promise<Page<StoredAudit>> {
  const query = db
    .knex("audit")
    .orderBy([
      { column: "at", order: "desc" },
      { column: "id", order: "desc" },
    ])
    .limit(limit + 1);
  if (filter.actor !== undefined) whereExactly(db, query, "actor_name", filter.actor);
  if (filter.action !== undefined) whereExactly(db, query, "action", filter.action);
  if (filter.target !== undefined) {
    whereExactly(db, query, "target_type", filter.target.type);
    if (filter.target.id !== null) whereExactly(db, query, "target_id", filter.target.id);
  }
  if (filter.group !== undefined) query.where("group_id", Buffer.from(parse(filter.group)));
  else if (filter.action === undefined && (filter.target?.id ?? null) === null) query.whereNull("group_id");
  if (filter.from !== undefined) query.where("at", ">=", filter.from);
  if (filter.to !== undefined) query.where("at", "<", filter.to);
  if (cursor !== null) {
    const [at, id] = readCursor(cursor);
    query.whereRaw("(at < ? OR (at = ? AND id < ?))", [at, at, id]);
  }
  const entries = (await reading<Row[]>(query)).map(fromRow);
  return cutPage(entries, limit, cursorBehind);
}

/** Entries that are looked at for what can be filtered by. */
const LOOK = 5_000;
/** Of each. */
const SUGGESTED = 200;

/** Who did what lately, to what kinds of things: what filters can be set to. In order of the alphabet. */
export async function auditNames(
  db: Database,
): Promise<{ actors: string[]; actions: string[]; targets: string[] }> {
  const distinct = async (column: string): Promise<string[]> => {
    const latest = db.knex("audit").select(column).orderBy("at", "desc").limit(LOOK).as("latest");
    return reading<string[]>(db.knex(latest).distinct(column).orderBy(column).limit(SUGGESTED).pluck(column));
  };
  const [actors, actions, targets] = await Promise.all(["actor_name", "action", "target_type"].map(distinct));
  return { actors: actors ?? [], actions: actions ?? [], targets: targets ?? [] };
}

/** The latest that was said of something, for its name: of what is deleted that is all there is. */
export async function lastSaidOf(db: Database, type: string, id: string): Promise<unknown> {
  const query = db.knex("audit").orderBy("at", "desc").limit(1).select("before_json", "after_json");
  whereExactly(db, query, "target_type", type);
  whereExactly(db, query, "target_id", id);
  query.where((either) => either.whereNotNull("before_json").orWhereNotNull("after_json"));
  const [row] = await reading<Row[]>(query);
  return row ? { ...(parsed(row.before_json) as object), ...(parsed(row.after_json) as object) } : null;
}

function fromRow(row: Row): StoredAudit {
  return {
    id: stringify(row.id as Buffer),
    at: epochMs(row.at as number),
    actor: {
      kind: row.actor_kind as Actor["kind"],
      id: row.actor_id as number | null,
      name: row.actor_name as string,
    },
    sourceIp: row.source_ip as string | null,
    action: row.action as string,
    target: { type: row.target_type as string, id: row.target_id as string | null },
    before: parsed(row.before_json),
    after: parsed(row.after_json),
    note: row.note as string | null,
    requestPath: row.request_path as string | null,
    group: row.group_id === null ? null : stringify(row.group_id as Buffer),
  };
}

const json = (value: unknown): string | null =>
  value === undefined || value === null ? null : JSON.stringify(value);
const parsed = (text: unknown): unknown => (text === null ? null : JSON.parse(text as string));

const cursorBehind = ({ at, id }: StoredAudit): string => cursorOf(at, id);

function readCursor(cursor: string): [at: number, id: Buffer] {
  const [at = "", text = ""] = cursorParts(cursor, 2);
  const id = parseTaskId(text);
  if (!/^\d{1,15}$/.test(at) || id === null) throw wrongCursor();
  return [Number(at), taskIdToBytes(id)];
}
