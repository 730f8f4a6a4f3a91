/**
 * Alarms that are about the same are gathered while they are routed, under the lock of the alarm desk: tasks that failed alike,
 * the breaker of a destination, a channel's backlog, a broken channel. Delivering tasks costs nothing for it.
 */
import type { Knex } from "knex";
import type { Alarm } from "../core/alarm/alarm.ts";
import type { EpochMs } from "../core/clock.ts";
import { type TaskId, taskIdFromBytes, taskIdToBytes } from "../core/ids.ts";
import { insertMany } from "./sql.ts";

/** In the place of a task where there is none: the columns are older than alarms without tasks. */
export const NO_TASK = Buffer.alloc(16);

/**
 * Puts alarms into what is open of their kind, and makes what is missing. To be called by the one who holds the desk.
 * @returns the incident of each alarm, by the alarm's id; that something is over belongs to none
 */
export async function gatherIncidents(trx: Knex, alarms: Alarm[]): Promise<Map<number, number>> {
  const incidents = new Map<number, number>();
  const raised = alarms.filter(
    ({ kind, taskId }) => kind !== "recovered" && (kind !== "exhausted" || taskId),
  );
  const groups = Map.groupBy(raised, (one) => JSON.stringify(keyOf(one)));
  for (const group of groups.values()) {
    const id = await addTo(trx, group);
    await addTasks(trx, id, group);
    for (const alarm of group) incidents.set(alarm.id, id);
  }
  return incidents;
}

/** What alarms have in common that are about the same, as the columns of their incident. */
export const keyOf = ({ kind, destination, errorCode, facts, onlyTo, notTo }: Alarm) => ({
  kind,
  destination: destination ?? "",
  error_code: errorCode ?? (kind === "exhausted" ? "unknown" : ""),
  status_code: Number(facts.statusCode ?? 0),
  subject_id: onlyTo ?? notTo ?? null,
});
const errorOf = ({ facts }: Alarm): string => String(facts.lastError ?? "").slice(0, 500);

/** What is open of a group's kind; without its tasks. */
async function addTo(trx: Knex, group: Alarm[]): Promise<number> {
  const [first, last] = [group[0] as Alarm, group.at(-1) as Alarm];
  const latest = {
    last_at: last.createdAt,
    last_task: last.taskId ? taskIdToBytes(last.taskId) : NO_TASK,
    last_error: errorOf(last),
  };
  const found = await trx("incidents")
    .where({ ...keyOf(first), ended: false })
    .first("id");
  if (found) {
    await trx("incidents")
      .where("id", found.id)
      .update({ ...latest, alarms: trx.raw("alarms + ?", [group.length]) });
    return found.id;
  }
  const [id] = await trx("incidents").insert({
    ...keyOf(first),
    ...latest,
    subject: first.facts.channel?.slice(0, 128) ?? null,
    first_at: first.createdAt,
    first_task: first.taskId ? taskIdToBytes(first.taskId) : NO_TASK,
    first_error: errorOf(first),
    tasks: 0,
    alarms: group.length,
    ended: false,
  });
  return id as number;
}

/** One that is exhausted again is counted once. */
async function addTasks(trx: Knex, incident: number, group: Alarm[]): Promise<void> {
  const ids = group.flatMap(({ taskId }) => taskId ?? []);
  const keys = new Map<TaskId, Buffer>(ids.map((taskId) => [taskId, taskIdToBytes(taskId)]));
  if (keys.size === 0) return;
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

/** What was raised and the channels that are told of it: they hear of its end. */
export async function noteTold(
  trx: Knex,
  told: Iterable<[incident: number, webhookId: number]>,
): Promise<void> {
  const wanted = new Map(Array.from(told, (pair) => [pair.join(), pair]));
  if (wanted.size === 0) return;
  const ids = [...new Set(Array.from(wanted.values(), ([incident]) => incident))];
  const known = await trx("incident_channels")
    .whereIn("incident_id", ids)
    .select("incident_id", "webhook_id");
  for (const { incident_id, webhook_id } of known) wanted.delete([incident_id, webhook_id].join());
  await insertMany(trx, "incident_channels", ["incident_id", "webhook_id"], [...wanted.values()]);
}

/** The channels that were told of each, by the incident's id. */
export async function toldOf(knex: Knex, incidents: number[]): Promise<Map<number, Set<number>>> {
  const told = new Map<number, Set<number>>();
  if (incidents.length === 0) return told;
  const rows = await knex("incident_channels")
    .whereIn("incident_id", incidents)
    .select("incident_id", "webhook_id");
  for (const { incident_id: incident, webhook_id: channel } of rows)
    told.set(incident, (told.get(incident) ?? new Set()).add(channel));
  return told;
}

/** A destination fails most of its calls, and no breaker opened for it: those hear of its end that heard of its tasks. */
export async function openFailing(
  trx: Knex,
  destination: string,
  since: EpochMs,
  now: EpochMs,
): Promise<void> {
  const open = () => trx("incidents").where({ destination, ended: false });
  if (await open().whereIn("kind", ["breaker", "destination"]).first("id")) return;
  const sources: number[] = await open().where("kind", "exhausted").pluck("id");
  const channels = new Set([...(await toldOf(trx, sources)).values()].flatMap((one) => [...one]));
  if (channels.size === 0) return;
  const [id] = await trx("incidents").insert({
    ...{ kind: "destination", destination, error_code: "", status_code: 0, subject_id: null, subject: null },
    ...{
      first_at: since,
      last_at: now,
      first_task: NO_TASK,
      last_task: NO_TASK,
      first_error: "",
      last_error: "",
    },
    ...{ tasks: 0, alarms: 0, ended: false },
  });
  await noteTold(
    trx,
    Array.from(channels, (channel): [number, number] => [id as number, channel]),
  );
}
