/**
 * From the outbox to messages. Two steps, each a transaction under the lock of one row, so that any number of
 * notifiers may try at any time and each alarm is told once per channel:
 *
 *   alarms (routed = 0) ─ route ─▶ alarm_deliveries (message_id null) ─ makeMessage ─▶ alarm_messages + its task
 *
 * The message, its task and the mark on what it tells of are one commit: a notifier that dies leaves all or nothing.
 */
import type { Knex } from "knex";
import { ALARM_APP_ID, type Alarm, type NewAlarm } from "../core/alarm/alarm.ts";
import type { Counted, Digest } from "../core/alarm/notice.ts";
import { TOP } from "../core/alarm/notice.ts";
import { type EpochMs, epochMs, hours } from "../core/clock.ts";
import { newTaskId, type TaskId, taskIdFromBytes, taskIdToBytes } from "../core/ids.ts";
import type { TaskSpec } from "../core/task.ts";
import { acceptTasks, newTask } from "./accept.ts";
import { alarmFromRow } from "./alarms.ts";
import type { Database } from "./database.ts";
import { withRetries } from "./failures.ts";
import { type StoredTask, stateCode } from "./rows.ts";
import { insertMany } from "./sql.ts";

/** Alarms routed in one transaction. */
const ROUTED_AT_ONCE = 500;
/** One digest tells of at most so many: its transaction shall not hold the lock for long. */
export const MAX_DIGEST = 20_000;

/** What a channel has been sent, and what waits. */
export interface ChannelTraffic {
  waiting: number;
  /** When messages of the last hour were made. */
  sentAt: EpochMs[];
  underWay: number;
}

/** Runs `work` while no other notifier works. It starts with a lock, and what it writes is one commit. */
function atDesk<T>(db: Database, work: (trx: Knex.Transaction) => Promise<T>): Promise<T> {
  return withRetries(() =>
    db.knex.transaction(async (trx) => {
      // An update locks the row on both databases.
      await trx("alarm_desk").where("id", 1).update({ id: 1 });
      return work(trx);
    }),
  );
}

/**
 * Writes for each alarm that is new which channels it goes to.
 * @param channels ids of the channels that an alarm goes to
 * @returns how many alarms were looked at; call again while it is not 0
 */
export function routeAlarms(db: Database, channels: (alarm: Alarm) => number[]): Promise<number> {
  return atDesk(db, async (trx) => {
    const rows = await trx("alarms").where("routed", 0).orderBy("id").limit(ROUTED_AT_ONCE);
    const alarms = rows.map(alarmFromRow);
    if (alarms.length === 0) return 0;
    const deliveries = alarms.flatMap((alarm) => channels(alarm).map((webhookId) => [webhookId, alarm.id]));
    await insertMany(trx, "alarm_deliveries", ["webhook_id", "alarm_id"], deliveries);
    await trx("alarms")
      .whereIn(
        "id",
        alarms.map(({ id }) => id),
      )
      .update({ routed: 1 });
    return alarms.length;
  });
}

/** Ids of channels to which something is to be told. */
export async function waitingChannels(db: Database): Promise<number[]> {
  return db.knex("alarm_deliveries").whereNull("message_id").distinct().pluck("webhook_id");
}

/**
 * Makes one message of what waits for a channel.
 * @param decide how many alarms it tells of, oldest first; 0: none now
 * @param compose the message's task
 * @returns the task; null where `decide` said none, or the channel is gone
 */
export function makeMessage(
  db: Database,
  webhookId: number,
  now: EpochMs,
  decide: (traffic: ChannelTraffic) => number,
  compose: (digest: Digest) => TaskSpec & Pick<StoredTask, "lane">,
): Promise<StoredTask | null> {
  return atDesk(db, async (trx) => {
    const exists = await trx("webhooks").where("id", webhookId).where("enabled", 1).first("id");
    if (!exists) return null;
    const wanted = Math.min(decide(await trafficOf(trx, webhookId, now)), MAX_DIGEST);
    if (wanted === 0) return null;
    const ids: number[] = await open(trx, webhookId).orderBy("alarm_id").limit(wanted).pluck("alarm_id");
    const last = ids.at(-1);
    if (last === undefined) return null;
    const taskId = newTaskId();
    await open(trx, webhookId)
      .where("alarm_id", "<=", last)
      .update({ message_id: taskIdToBytes(taskId) });
    const { start: _, ...spec } = compose(await digestOf(trx, taskId, ids.length));
    const task: StoredTask = {
      ...spec,
      taskId,
      appId: ALARM_APP_ID,
      state: "pending",
      callCount: 0,
      manualCalls: 0,
      nextCallAt: now,
      finishedAt: null,
      lastError: null,
      sourceIp: null,
      createdAt: now,
      updatedAt: now,
    };
    const message = [taskIdToBytes(taskId), webhookId, ids.length, now];
    await insertMany(trx, "alarm_messages", ["task_id", "webhook_id", "alarms", "created_at"], [message]);
    // As any other task is accepted, but in our transaction.
    await acceptTasks({ ...db, knex: trx }, [newTask(task, null)]);
    return task;
  });
}

const open = (trx: Knex, webhookId: number) =>
  trx("alarm_deliveries").where("webhook_id", webhookId).whereNull("message_id");

async function trafficOf(trx: Knex, webhookId: number, now: EpochMs): Promise<ChannelTraffic> {
  const [row] = await open(trx, webhookId).count({ waiting: "*" });
  const recent = await trx("alarm_messages as m")
    .leftJoin("tasks as t", "t.task_id", "m.task_id")
    .where("m.webhook_id", webhookId)
    .where("m.created_at", ">", now - hours(1))
    .select("m.created_at", "t.state");
  return {
    waiting: Number(row?.waiting ?? 0),
    sentAt: recent.map(({ created_at }) => epochMs(created_at)),
    underWay: recent.filter(({ state }) => state === stateCode("pending")).length,
  };
}

async function digestOf(trx: Knex, messageId: TaskId, count: number): Promise<Digest> {
  const told = () =>
    trx("alarm_deliveries as d")
      .join("alarms as a", "a.id", "d.alarm_id")
      .where("d.message_id", taskIdToBytes(messageId));
  const first = (await told().orderBy("a.id").limit(TOP).select("a.*")).map(alarmFromRow);
  const counted = async (column: string, only?: string): Promise<Counted[]> => {
    if (count === 1) return only === undefined ? [] : [[only, 1]];
    const rows = await told()
      .whereNotNull(`a.${column}`)
      .groupBy(`a.${column}`)
      .select({ name: `a.${column}` })
      .count({ n: "*" })
      .orderBy("n", "desc")
      .limit(TOP);
    return rows.map((row): Counted => [String((row as { name?: unknown }).name), Number(row.n)]);
  };
  return {
    count,
    first,
    kinds: await counted("kind", first[0]?.kind),
    apps: await counted("source_app_name"),
    destinations: await counted("destination"),
    errors: await counted("error_code"),
  };
}

/** A page of a channel's messages, newest first; the cursor is the last one's id. */
export async function messagesOf(db: Database, webhookId: number, limit: number, before: TaskId | null) {
  const query = db
    .knex("alarm_messages as m")
    .join("tasks as t", "t.task_id", "m.task_id")
    .where("m.webhook_id", webhookId)
    .orderBy("m.task_id", "desc")
    .limit(limit)
    .select("m.task_id", "m.alarms", "m.created_at", "t.state");
  if (before !== null) query.where("m.task_id", "<", taskIdToBytes(before));
  const rows = await query;
  return rows.map((row) => ({
    taskId: taskIdFromBytes(row.task_id),
    alarms: row.alarms as number,
    createdAt: epochMs(row.created_at),
    state: row.state as number,
  }));
}

/** Messages of a channel that have not ended. */
export async function openMessagesOf(db: Database, webhookId: number): Promise<TaskId[]> {
  const keys: Uint8Array[] = await db
    .knex("alarm_messages as m")
    .join("tasks as t", "t.task_id", "m.task_id")
    .where("m.webhook_id", webhookId)
    .where("t.state", stateCode("pending"))
    .pluck("m.task_id");
  return keys.map((key) => taskIdFromBytes(key));
}

/** True for one of those who ask within `everyMs`: that one does what is done once per interval. */
export async function takeTurn(db: Database, now: EpochMs, everyMs: number): Promise<boolean> {
  const took = await db
    .knex("alarm_desk")
    .where("id", 1)
    .where("checked_at", "<=", now - everyMs)
    .update({ checked_at: now });
  return took === 1;
}

/** When the oldest task that is due and was never called became due. */
export async function oldestUncalled(db: Database, now: EpochMs): Promise<EpochMs | null> {
  const row = await db
    .knex("tasks")
    .where("state", stateCode("pending"))
    .where("call_count", 0)
    .where("next_call_at", "<", now)
    .orderBy("next_call_at")
    .first("next_call_at");
  return row ? epochMs(row.next_call_at) : null;
}

/** Notes that a channel's backlog alarm stands, or stands no more. @returns false where that was so already */
export async function markBacklog(db: Database, webhookId: number, at: EpochMs | null): Promise<boolean> {
  const query = db.knex("webhooks").where("id", webhookId);
  if (at === null) query.whereNotNull("backlog_alarmed_at");
  else query.whereNull("backlog_alarmed_at");
  return (await query.update({ backlog_alarmed_at: at })) === 1;
}

/** Writes an alarm unless one of its kind about the same destination was written since. */
export function raiseOnce(
  db: Database,
  alarm: NewAlarm,
  since: EpochMs,
  raise: (trx: Knex) => Promise<void>,
): Promise<void> {
  return atDesk(db, async (trx) => {
    const same = await trx("alarms")
      .where({ kind: alarm.kind, destination: alarm.destination })
      .where("created_at", ">=", since)
      .first("id");
    if (!same) await raise(trx);
  });
}

/** Deletes alarms and messages older than `before`, a part at a time. @returns false when all are gone */
export async function pruneAlarms(db: Database, before: EpochMs, atOnce = 1_000): Promise<boolean> {
  const ids: number[] = await db
    .knex("alarms")
    .where("created_at", "<", before)
    .orderBy("created_at")
    .limit(atOnce)
    .pluck("id");
  const messages: Buffer[] = await db
    .knex("alarm_messages")
    .where("created_at", "<", before)
    .orderBy("created_at")
    .limit(atOnce)
    .pluck("task_id");
  if (ids.length > 0) {
    await db.knex("alarm_deliveries").whereIn("alarm_id", ids).delete();
    await db.knex("alarms").whereIn("id", ids).delete();
  }
  if (messages.length > 0) await db.knex("alarm_messages").whereIn("task_id", messages).delete();
  return ids.length === atOnce || messages.length === atOnce;
}
