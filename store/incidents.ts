/**
 * Incidents: tasks that were exhausted, gathered by destination, error code and status while alarms are routed, under the
 * lock of the alarm desk. Delivering tasks costs nothing for it.
 */
import type { Knex } from "knex";
import type { Alarm } from "../core/alarm/alarm.ts";
import { type EpochMs, epochMs } from "../core/clock.ts";
import { BidaError } from "../core/errors.ts";
import { type TaskId, taskIdFromBytes, taskIdToBytes } from "../core/ids.ts";
import { STORED_STATES, type StoredState } from "../core/task.ts";
import { type Database, forSearch } from "./database.ts";
import { reading, transaction } from "./failures.ts";
import type { Row } from "./rows.ts";
import { stateCode } from "./rows.ts";
import { insertMany } from "./sql.ts";

export interface StoredIncident {
  id: number;
  destination: string | null;
  errorCode: string;
  statusCode: number | null;
  firstAt: EpochMs;
  lastAt: EpochMs;
  tasks: number;
  firstTask: TaskId;
  lastTask: TaskId;
  firstError: string;
  lastError: string;
  muted: boolean;
  acknowledged: { by: string; at: EpochMs; note: string | null } | null;
  endedAt: EpochMs | null;
}

/** What became of an incident's tasks is looked at for so many. */
const LOOK = 20_000;
/** Incidents that are looked at for their end at one time. */
const ENDED_AT_ONCE = 200;

type Failure = Alarm & { taskId: TaskId };

/**
 * Puts alarms of exhausted tasks into the open incidents that they belong to, and makes those that are missing. To be
 * called by the one who holds the desk.
 * @returns ids of the alarms whose incident is muted
 */
export async function gatherIncidents(trx: Knex, alarms: Alarm[]): Promise<Set<number>> {
  const failures = alarms.filter((one): one is Failure => one.kind === "exhausted" && one.taskId !== null);
  const muted = new Set<number>();
  if (failures.length === 0) return muted;
  const groups = Map.groupBy(failures, (one) => JSON.stringify(keyOf(one)));
  for (const group of groups.values()) {
    const { id, isMuted } = await addTo(trx, group);
    await addTasks(trx, id, group);
    if (isMuted) for (const alarm of group) muted.add(alarm.id);
  }
  return muted;
}

const keyOf = ({ destination, errorCode, facts }: Alarm) => ({
  destination: destination ?? "",
  error_code: errorCode ?? "unknown",
  status_code: Number(facts.statusCode ?? 0),
});
const errorOf = ({ facts }: Alarm): string => String(facts.lastError ?? "").slice(0, 500);

/** The open incident of a group; without its tasks. */
async function addTo(trx: Knex, group: Failure[]): Promise<{ id: number; isMuted: boolean }> {
  const [first, last] = [group[0] as Failure, group.at(-1) as Failure];
  const latest = {
    last_at: last.createdAt,
    last_task: taskIdToBytes(last.taskId),
    last_error: errorOf(last),
  };
  const found = await trx("incidents")
    .where({ ...keyOf(first), ended: false })
    .first("id", "muted");
  if (found) {
    await trx("incidents").where("id", found.id).update(latest);
    return { id: found.id, isMuted: Boolean(found.muted) };
  }
  const [id] = await trx("incidents").insert({
    ...keyOf(first),
    ...latest,
    first_at: first.createdAt,
    first_task: taskIdToBytes(first.taskId),
    first_error: errorOf(first),
    tasks: 0,
    muted: false,
    ended: false,
  });
  return { id: id as number, isMuted: false };
}

/** One that is exhausted again is counted once. */
async function addTasks(trx: Knex, incident: number, group: Failure[]): Promise<void> {
  const keys = new Map(group.map(({ taskId }) => [taskId, taskIdToBytes(taskId)]));
  const known: Uint8Array[] = await trx("incident_tasks")
    .where("incident_id", incident)
    .whereIn("task_id", [...keys.values()])
    .pluck("task_id");
  for (const key of known) keys.delete(taskIdFromBytes(key));
  if (keys.size === 0) return;
  const rows = Array.from(keys.values(), (key) => [incident, key]);
  await insertMany(trx, "incident_tasks", ["incident_id", "task_id"], rows);
  await trx("incidents").where("id", incident).increment("tasks", keys.size);
}

/** A page, the one that failed last first. @throws BidaError invalid_query for a cursor that is not one of ours */
export async function listIncidents(
  db: Database,
  state: "open" | "ended",
  limit: number,
  cursor: string | null,
): Promise<{ items: StoredIncident[]; nextCursor: string | null }> {
  const query = db
    .knex("incidents")
    .where("ended", state === "ended")
    .orderBy([
      { column: "last_at", order: "desc" },
      { column: "id", order: "desc" },
    ])
    .limit(limit + 1);
  if (cursor !== null) {
    const [at, id] = readCursor(cursor);
    query.whereRaw("(last_at < ? OR (last_at = ? AND id < ?))", [at, at, id]);
  }
  const rows = (await reading<Row[]>(query)).map(incidentFromRow);
  const items = rows.slice(0, limit);
  const last = items.at(-1);
  const nextCursor =
    rows.length > limit && last ? Buffer.from(`${last.lastAt}.${last.id}`).toString("base64url") : null;
  return { items, nextCursor };
}

function readCursor(cursor: string): [at: number, id: number] {
  const found = /^(\d{1,15})\.(\d{1,10})$/.exec(Buffer.from(cursor, "base64url").toString());
  if (found) return [Number(found[1]), Number(found[2])];
  const errors = [{ field: "cursor", message: "must be a nextCursor of an earlier page" }];
  throw new BidaError("invalid_query", undefined, { errors });
}

/** @throws BidaError not_found */
export async function findIncident(db: Database, id: number): Promise<StoredIncident> {
  const row = await reading(db.knex("incidents").where({ id }).first());
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

/** How many of an incident's tasks are in which state now; those that were pruned are in none. */
export async function outcomeOf(db: Database, id: number): Promise<Record<StoredState, number>> {
  const { knex } = forSearch(db);
  const looked = knex("incident_tasks").select("task_id").where("incident_id", id).limit(LOOK);
  const rows = await reading<Row[]>(
    knex(looked.as("looked"))
      .join("tasks", "tasks.task_id", "looked.task_id")
      .select("tasks.state")
      .count({ n: "*" })
      .groupBy("tasks.state"),
  );
  const counts = new Map(rows.map(({ state, n }) => [Number(state), Number(n)]));
  return Object.fromEntries(STORED_STATES.map((state, i) => [state, counts.get(i) ?? 0])) as Record<
    StoredState,
    number
  >;
}

/**
 * Acknowledges it, or mutes its alarms, or lets them be told again.
 * @param told is called in the same transaction: for the audit log
 * @returns what it is now
 * @throws BidaError not_found
 */
export function changeIncident(
  db: Database,
  id: number,
  change: { muted?: boolean; acknowledged?: StoredIncident["acknowledged"] },
  told: (within: Database, before: StoredIncident) => Promise<void>,
): Promise<StoredIncident> {
  return transaction(db, async (within) => {
    const row = await within.knex("incidents").where({ id }).forUpdate().first();
    if (!row) throw new BidaError("not_found", "No such incident");
    const before = incidentFromRow(row);
    const { muted = before.muted, acknowledged = before.acknowledged } = change;
    await within
      .knex("incidents")
      .where({ id })
      .update({
        muted,
        acknowledged_by: acknowledged?.by.slice(0, 128) ?? null,
        acknowledged_at: acknowledged?.at ?? null,
        note: acknowledged?.note ?? null,
      });
    await told(within, before);
    return { ...before, muted, acknowledged };
  });
}

/** An incident as it was when it was looked at. */
type Looked = Pick<StoredIncident, "id" | "lastAt">;

/**
 * Looks at the open incidents behind `after`, some at a time. Outside of the desk: it may take long.
 * @returns those none of whose tasks is exhausted or called again any more; and where to go on, 0 from the beginning
 */
export async function lookForEnds(
  db: Database,
  after: number,
  atOnce = ENDED_AT_ONCE,
): Promise<{ over: Looked[]; next: number }> {
  const { knex } = forSearch(db);
  const query = knex("incidents").where("ended", false).where("id", ">", after).orderBy("id").limit(atOnce);
  const rows = await reading<Row[]>(query.select("id", "last_at"));
  const open = rows.map(({ id, last_at }) => ({ id: Number(id), lastAt: epochMs(last_at as number) }));
  const over: Looked[] = [];
  for (const one of open) {
    const left = knex("incident_tasks as i")
      .join("tasks as t", "t.task_id", "i.task_id")
      .where("i.incident_id", one.id)
      .whereIn("t.state", [stateCode("exhausted"), stateCode("pending")]);
    if (!(await reading(left.first("t.task_id")))) over.push(one);
  }
  return { over, next: open.length < atOnce ? 0 : (open.at(-1)?.id ?? 0) };
}

/** Ends incidents to which nothing came since they were looked at. To be called by the one who holds the desk. */
export async function endIncidents(trx: Knex, over: Looked[], now: EpochMs): Promise<void> {
  for (const { id, lastAt } of over)
    await trx("incidents")
      .where({ id, ended: false, last_at: lastAt })
      .update({ ended: true, ended_at: now });
}

/**
 * Deletes incidents whose last failure was before `before`, a part at a time: one may have a million tasks.
 * @returns false when all are gone
 */
export async function pruneIncidents(db: Database, before: EpochMs, atOnce = 1_000): Promise<boolean> {
  const old = () => db.knex("incidents").where("last_at", "<", before);
  const [id]: number[] = await old().orderBy("last_at").limit(1).pluck("id");
  if (id === undefined) return false;
  const tasks = () => db.knex("incident_tasks").where("incident_id", id);
  const keys: Buffer[] = await tasks().orderBy("task_id").limit(atOnce).pluck("task_id");
  if (keys.length > 0) await tasks().whereIn("task_id", keys).delete();
  // Unless something came to it meanwhile.
  if (keys.length < atOnce) await old().where({ id }).delete();
  return true;
}

function incidentFromRow(row: Row): StoredIncident {
  const moment = (value: unknown) => (value === null ? null : epochMs(value as number));
  const at = moment(row.acknowledged_at);
  return {
    id: Number(row.id),
    destination: (row.destination as string) || null,
    errorCode: row.error_code as string,
    statusCode: (row.status_code as number) || null,
    firstAt: epochMs(row.first_at as number),
    lastAt: epochMs(row.last_at as number),
    tasks: row.tasks as number,
    firstTask: taskIdFromBytes(row.first_task as Uint8Array),
    lastTask: taskIdFromBytes(row.last_task as Uint8Array),
    firstError: row.first_error as string,
    lastError: row.last_error as string,
    muted: Boolean(row.muted),
    acknowledged:
      at === null ? null : { by: row.acknowledged_by as string, at, note: row.note as string | null },
    endedAt: moment(row.ended_at),
  };
}
