/**
 * The outbox: whatever people must hear is a row, written in the transaction that records the fact. What comes after,
 * events included, may be lost or repeated; the row is found again.
 */
import type { Knex } from "knex";
import {
  ALARM_APP_ID,
  type Alarm,
  type AlarmKind,
  type NewAlarm,
  SEVERITIES,
  SEVERITY_OF,
} from "../core/alarm/alarm.ts";
import { type EpochMs, epochMs } from "../core/clock.ts";
import { originOf, type TaskId, taskIdFromBytes, taskIdToBytes } from "../core/ids.ts";
import type { Outcome } from "../core/job.ts";
import { isRefusal } from "../core/stop.ts";
import { maskTaskUrl } from "../core/task-secrets.ts";
import { Columns, objectOf } from "./columns.ts";
import type { Database } from "./database.ts";
import { translated } from "./failures.ts";
import type { LockedTask, Row } from "./rows.ts";
import { insertMany, placeholders } from "./sql.ts";

const COLUMNS = [
  "kind",
  "severity",
  "routed",
  "not_to",
  "only_to",
  "task_id",
  "source_app_name",
  "destination",
  "error_code",
  "facts",
  "created_at",
];

/** Of what `record.ts` says of an outcome. */
interface Result {
  outcome: Outcome;
  written: boolean;
}

/** Writes alarms; the notifiers find them at their next look. */
export async function insertAlarms(trx: Knex, alarms: NewAlarm[]): Promise<void> {
  await insertMany(trx, "alarms", COLUMNS, alarms.map(alarmToRow));
}

/** Whether {@link recordAlarms} has something to do for a task that was changed to this. */
export const raisesAlarm = ({ appId, state }: LockedTask): boolean =>
  state === "exhausted" || (appId === ALARM_APP_ID && state !== "pending");

/**
 * Part of the transaction that records outcomes: an alarm for each task that is exhausted by it, and for each message
 * that has ended what that says of its channel. Costs nothing where neither happened.
 * @param before the tasks as they were locked; `after` as they are now
 */
export async function recordAlarms(
  trx: Knex,
  before: Map<TaskId, LockedTask>,
  after: Map<TaskId, LockedTask>,
  results: Result[],
  now: EpochMs,
): Promise<void> {
  const ended = [...after.values()].filter(
    (task) => task.state !== "pending" && before.get(task.taskId)?.state === "pending",
  );
  const tasks = ended.filter(({ appId, state }) => appId !== ALARM_APP_ID && state === "exhausted");
  await insertAlarms(
    trx,
    tasks.map((task) => exhaustion(task, lastStatusOf(task.taskId, results), now)),
  );
  const messages = ended.filter(({ appId }) => appId === ALARM_APP_ID);
  // In one order for everyone.
  messages.sort((a, b) => (a.taskId < b.taskId ? -1 : 1));
  for (const task of messages) await recordMessage(trx, task, now);
}

function exhaustion(task: LockedTask, statusCode: number | null, now: EpochMs): NewAlarm {
  const { taskId, url, targetAppName, createdAt, callCount, limitCallCount, lastError } = task;
  return {
    kind: "exhausted",
    taskId,
    sourceAppName: task.sourceAppName,
    destination: destinationOf(url),
    errorCode: lastError?.code ?? null,
    facts: {
      // It goes to a chat group.
      url: maskTaskUrl(url),
      targetAppName: targetAppName ?? undefined,
      createTime: createdAt,
      lastModifiedDate: now,
      callCount,
      limitCallCount,
      lastError: lastError ? `${lastError.code}: ${lastError.message}`.slice(0, 500) : undefined,
      statusCode: statusCode ?? undefined,
    },
    createdAt: now,
  };
}

/** A placeholder in the host's place has no origin. */
function destinationOf(url: string): string | null {
  return URL.canParse(url) ? originOf(url).slice(0, 300) : null;
}

function lastStatusOf(taskId: TaskId, results: Result[]): number | null {
  const last = results.findLast(({ outcome, written }) => written && outcome.taskId === taskId);
  return last?.outcome.attempt?.statusCode ?? null;
}

/**
 * A message that could not be delivered breaks its channel and raises no alarm to it; the others hear of it, once. One that its
 * platform refused for what it says breaks nothing: a short one is sent in its place.
 */
async function recordMessage(
  trx: Knex,
  { taskId, state, lastError }: LockedTask,
  now: EpochMs,
): Promise<void> {
  const message = () => trx("alarm_messages").where("task_id", taskIdToBytes(taskId));
  const row = await message().first("webhook_id", "refused", "instead_of");
  if (!row) return;
  if (state === "succeeded") await healChannel(trx, row.webhook_id, now);
  if (state !== "exhausted") return;
  const isRefused = lastError !== null && isRefusal(lastError);
  const isFirst = row.refused === null && row.instead_of === null;
  if (isRefused) await message().update({ refused: isFirst ? 1 : 2 });
  if (isRefused && isFirst) return;
  await breakChannel(trx, row.webhook_id, lastError ? `${lastError.code}: ${lastError.message}` : "", now);
}

/** A message arrived. */
export async function healChannel(trx: Knex, webhookId: number, now: EpochMs): Promise<void> {
  await trx("webhooks")
    .where("id", webhookId)
    .update({ broken_since: null, last_error: null, last_success_at: now });
}

/** A message could not be delivered. */
export async function breakChannel(trx: Knex, webhookId: number, error: string, now: EpochMs): Promise<void> {
  const last_error = error.slice(0, 500);
  const broke = await trx("webhooks")
    .where("id", webhookId)
    .whereNull("broken_since")
    .update({ broken_since: now, last_error });
  if (broke === 0) {
    await trx("webhooks").where("id", webhookId).update({ last_error });
    return;
  }
  const { name } = await trx("webhooks").where("id", webhookId).first("name");
  const alarm: NewAlarm = {
    kind: "channel",
    taskId: null,
    sourceAppName: null,
    destination: null,
    errorCode: null,
    facts: { channel: name, lastError: last_error, since: now },
    createdAt: now,
    notTo: webhookId,
  };
  await insertAlarms(trx, [alarm]);
}

function alarmToRow(alarm: NewAlarm): unknown[] {
  return [
    alarm.kind,
    SEVERITIES.indexOf(SEVERITY_OF[alarm.kind]),
    0,
    alarm.notTo ?? null,
    alarm.onlyTo ?? null,
    alarm.taskId && taskIdToBytes(alarm.taskId),
    alarm.sourceAppName,
    alarm.destination,
    alarm.errorCode,
    JSON.stringify(alarm.facts),
    alarm.createdAt,
  ];
}

export function alarmFromRow(row: Row): Alarm {
  const { not_to: notTo, only_to: onlyTo } = row as { not_to: number | null; only_to: number | null };
  return {
    id: Number(row.id),
    kind: row.kind as AlarmKind,
    taskId: row.task_id === null ? null : taskIdFromBytes(row.task_id as Uint8Array),
    sourceAppName: row.source_app_name as string | null,
    destination: row.destination as string | null,
    errorCode: row.error_code as string | null,
    // What cannot be read must not hold back all alarms: it is told without.
    facts: new Columns(row).read("facts", objectOf, {}) as Alarm["facts"],
    createdAt: epochMs(row.created_at as number),
    ...(notTo === null ? {} : { notTo }),
    ...(onlyTo === null ? {} : { onlyTo }),
  };
}

/** Which channel a message's task belongs to, for those that are one. */
export async function channelsOfMessages(db: Database, ids: TaskId[]): Promise<Map<TaskId, number>> {
  const keys = ids.map(taskIdToBytes);
  try {
    const answer = await db.knex.raw(
      `SELECT task_id, webhook_id FROM alarm_messages WHERE task_id IN ${placeholders(keys.length)}`,
      keys,
    );
    const rows = db.driver.rowsOf(answer);
    return new Map(rows.map((row) => [taskIdFromBytes(row.task_id as Uint8Array), row.webhook_id as number]));
  } catch (error) {
    throw translated(error);
  }
}
