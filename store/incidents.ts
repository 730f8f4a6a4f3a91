/**
 * What was raised, gathered (`gather.ts`): tasks that were exhausted, by destination, error code and status, which are called
 * incidents; and breakers, backlogs, broken channels, failing destinations. Their ends are in `outages.ts`.
 */

import type { Knex } from "knex";
import type { OutageKind } from "../core/alarm/alarm.ts";
import { type EpochMs, epochMs } from "../core/clock.ts";
import { cursorOf, cursorParts, wrongCursor } from "../core/cursor.ts";
import { BidaError } from "../core/errors.ts";
import { type TaskId, taskIdFromBytes } from "../core/ids.ts";
import { STORED_STATES, type StoredState } from "../core/task.ts";
import { atDesk } from "./alarm-desk.ts";
import { type Database, forSearch } from "./database.ts";
import { reading, transaction } from "./failures.ts";
import { NO_TASK } from "./gather.ts";
import type { Row } from "./rows.ts";

export interface StoredIncident {
  id: number;
  kind: OutageKind;
  destination: string | null;
  /** Empty where there is none. */
  errorCode: string;
  statusCode: number | null;
  /** The channel that it is about, and its name then. */
  subject: { id: number; name: string | null } | null;
  /** How many alarms there were. */
  alarms: number;
  firstAt: EpochMs;
  lastAt: EpochMs;
  tasks: number;
  /** Null where it is not about tasks. */
  firstTask: TaskId | null;
  lastTask: TaskId | null;
  firstError: string;
  lastError: string;
  acknowledged: { by: string; at: EpochMs; note: string | null } | null;
  endedAt: EpochMs | null;
}

/** What became of an incident's tasks is looked at for so many, the oldest. */
const LOOK = 20_000;
/** All that are given must hold. */
export interface IncidentFilter {
  state: "open" | "ended";
  kind?: OutageKind | undefined;
  destination?: string | undefined;
  errorCode?: string | undefined;
  acknowledged?: boolean | undefined;
}

/** A page, the one that failed last first. @throws BidaError invalid_query for a cursor that is not one of ours */
export async function listIncidents(
  db: Database,
  filter: IncidentFilter,
  limit: number,
  cursor: string | null,
): Promise<{ items: StoredIncident[]; nextCursor: string | null }> {
  const query = db
    .knex("incidents")
    .where("ended", filter.state === "ended")
    .orderBy([
      { column: "last_at", order: "desc" },
      { column: "id", order: "desc" },
    ])
    .limit(limit + 1);
  if (filter.kind !== undefined) query.where("kind", filter.kind);
  if (filter.destination !== undefined) query.where("destination", filter.destination);
  if (filter.errorCode !== undefined) query.where("error_code", filter.errorCode);
  if (filter.acknowledged === true) query.whereNotNull("acknowledged_at");
  if (filter.acknowledged === false) query.whereNull("acknowledged_at");
  if (cursor !== null) {
    const [at, id] = readCursor(cursor);
    query.whereRaw("(last_at < ? OR (last_at = ? AND id < ?))", [at, at, id]);
  }
  const rows = (await reading<Row[]>(query)).map(incidentFromRow);
  const items = rows.slice(0, limit);
  const last = items.at(-1);
  const nextCursor = rows.length > limit && last ? cursorOf(last.lastAt, last.id) : null;
  return { items, nextCursor };
}

function readCursor(cursor: string): [at: number, id: number] {
  const [at = "", id = ""] = cursorParts(cursor, 2);
  if (!/^\d{1,15}$/.test(at) || !/^\d{1,10}$/.test(id)) throw wrongCursor();
  return [Number(at), Number(id)];
}

/** @param kind of that kind only @throws BidaError not_found */
export async function findIncident(db: Database, id: number, kind?: OutageKind): Promise<StoredIncident> {
  const row = await reading(
    db
      .knex("incidents")
      .where({ id, ...(kind && { kind }) })
      .first(),
  );
  if (!row) throw new BidaError("not_found", "No such incident");
  return incidentFromRow(row);
}

/** The latest incidents among which some are found by a text. */
const SEARCHED = 1_000;

/** Those of this number (`#12` or `12`), and those whose destination or error code holds a text; open ones first. */
export async function incidentsLike(db: Database, text: string, limit: number): Promise<StoredIncident[]> {
  const rows = await reading<Row[]>(
    db
      .knex("incidents")
      .where("kind", "exhausted")
      .select("id", "ended", "destination", "error_code")
      .orderBy([{ column: "ended" }, { column: "last_at", order: "desc" }])
      .limit(SEARCHED),
  );
  const [part, number] = [text.toLowerCase(), text.replace(/^#/, "")];
  const fits = ({ id, destination, error_code: code }: Row) =>
    String(id) === number || [destination, code].some((one) => String(one).toLowerCase().includes(part));
  const ids = rows.filter(fits).map(({ id }) => Number(id));
  const found = await reading<Row[]>(db.knex("incidents").whereIn("id", ids.slice(0, limit)));
  return found.map(incidentFromRow).sort((a, b) => ids.indexOf(a.id) - ids.indexOf(b.id));
}

/** What became of an incident's tasks. */
export interface IncidentOutcome {
  /** How many are in which state now; those that were pruned are in none. */
  states: Record<StoredState, number>;
  /** How many of its tasks were looked at, the oldest: the pruned ones too. */
  counted: number;
}

/** @param look at so many tasks at most */
export async function outcomeOf(db: Database, id: number, look = LOOK): Promise<IncidentOutcome> {
  const { knex } = forSearch(db);
  const looked = knex("incident_tasks")
    .select("task_id")
    .where("incident_id", id)
    .orderBy("task_id")
    .limit(look);
  const rows = await reading<Row[]>(
    knex(looked.as("looked"))
      .leftJoin("tasks", "tasks.task_id", "looked.task_id")
      .select("tasks.state")
      .count({ n: "*" })
      .groupBy("tasks.state"),
  );
  const counts = new Map(rows.map(({ state, n }) => [state === null ? null : Number(state), Number(n)]));
  const states = Object.fromEntries(STORED_STATES.map((state, i) => [state, counts.get(i) ?? 0]));
  const counted = [...counts.values()].reduce((sum, n) => sum + n, 0);
  return { states: states as Record<StoredState, number>, counted };
}

/**
 * Says that somebody has it in hand, or with null that nobody has any more.
 * @param told is called in the same transaction: for the audit log
 * @throws BidaError not_found
 */
export function acknowledgeIncident(
  db: Database,
  id: number,
  acknowledged: StoredIncident["acknowledged"],
  told: (within: Database, before: StoredIncident) => Promise<void>,
): Promise<StoredIncident> {
  return transaction(db, async (within) => {
    const row = await within.knex("incidents").where({ id }).forUpdate().first();
    if (!row) throw new BidaError("not_found", "No such incident");
    const before = incidentFromRow(row);
    await within
      .knex("incidents")
      .where({ id })
      .update({
        acknowledged_by: acknowledged?.by.slice(0, 128) ?? null,
        acknowledged_at: acknowledged?.at ?? null,
        note: acknowledged?.note ?? null,
      });
    await told(within, before);
    return { ...before, acknowledged };
  });
}

/**
 * Deletes incidents that ended before `before`, a part at a time: one may have a million tasks. An open one stays, however old: a
 * breaker or a broken channel raises no alarm while it stands.
 * @returns false when all are gone
 */
export async function pruneIncidents(db: Database, before: EpochMs, atOnce = 1_000): Promise<boolean> {
  const [id]: number[] = await db
    .knex("incidents")
    // The last alarm comes before the end, and has an index.
    .where({ ended: true })
    .where("last_at", "<", before)
    .where((either) => either.whereNull("ended_at").orWhere("ended_at", "<", before))
    .orderBy("last_at")
    .limit(1)
    .pluck("id");
  if (id === undefined) return false;
  const tasks = (knex: Knex) => knex("incident_tasks").where("incident_id", id);
  const keys: Buffer[] = await tasks(db.knex).orderBy("task_id").limit(atOnce).pluck("task_id");
  if (keys.length === atOnce) await tasks(db.knex).whereIn("task_id", keys).delete();
  else
    await atDesk(db, async (trx) => {
      await tasks(trx).delete();
      for (const table of ["incident_channels", "alarm_mutes"])
        await trx(table).where("incident_id", id).delete();
      await trx("incidents").where({ id }).delete();
    });
  return true;
}

const taskOf = (key: unknown): TaskId | null =>
  NO_TASK.equals(key as Uint8Array) ? null : taskIdFromBytes(key as Uint8Array);

export function incidentFromRow(row: Row): StoredIncident {
  const moment = (value: unknown) => (value === null ? null : epochMs(value as number));
  const at = moment(row.acknowledged_at);
  return {
    id: Number(row.id),
    kind: row.kind as OutageKind,
    subject:
      row.subject_id === null ? null : { id: row.subject_id as number, name: row.subject as string | null },
    alarms: row.alarms as number,
    destination: (row.destination as string) || null,
    errorCode: row.error_code as string,
    statusCode: (row.status_code as number) || null,
    firstAt: epochMs(row.first_at as number),
    lastAt: epochMs(row.last_at as number),
    tasks: row.tasks as number,
    firstTask: taskOf(row.first_task),
    lastTask: taskOf(row.last_task),
    firstError: row.first_error as string,
    lastError: row.last_error as string,
    acknowledged:
      at === null ? null : { by: row.acknowledged_by as string, at, note: row.note as string | null },
    endedAt: moment(row.ended_at),
  };
}
