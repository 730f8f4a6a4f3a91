/**
 * From the outbox to messages. Two steps, each a transaction under the lock of one row: any number of
 * notifiers may try at any time and each alarm is told once per channel:
 *
 *   alarms (routed = 0) ─ route ─▶ alarm_deliveries (message_id null) ─ makeMessage ─▶ alarm_messages + its task
 *
 * The message, its task and the mark on what it tells of are one commit: a notifier that dies leaves all or nothing.
 */
import type { Knex } from "knex";
import { ALARM_APP_ID, type Alarm } from "../core/alarm/alarm.ts";
import type { Counted, Digest } from "../core/alarm/notice.ts";
import { TOP } from "../core/alarm/notice.ts";
import type { Traffic, Turn } from "../core/alarm/pacing.ts";
import { MAX_DIGEST } from "../core/alarm/pacing.ts";
import { type EpochMs, epochMs, hours } from "../core/clock.ts";
import { newTaskId, type TaskId, taskIdToBytes } from "../core/ids.ts";
import type { TaskSpec } from "../core/task.ts";
import { acceptWithin, newTask } from "./accept.ts";
import { alarmFromRow } from "./alarms.ts";
import { messages } from "./channel-messages.ts";
import type { Database } from "./database.ts";
import { withRetries } from "./failures.ts";
import { gatherIncidents, noteTold, toldOf } from "./gather.ts";
import { allMutes, silences } from "./mutes.ts";
import { type StoredTask, stateCode } from "./rows.ts";
import { insertMany, placeholders } from "./sql.ts";

/** Alarms routed in one transaction. */
const ROUTED_AT_ONCE = 500;
/** Messages of one alarm each, made in one transaction. */
const SINGLES_AT_ONCE = 100;

export type Composed = TaskSpec & Pick<StoredTask, "lane">;

/** Runs `work` while no other notifier works. It starts with a lock, and what it writes is one commit. */
export function atDesk<T>(db: Database, work: (trx: Knex.Transaction) => Promise<T>): Promise<T> {
  return withRetries(() =>
    db.knex.transaction(async (trx) => {
      // An update locks the row on both databases.
      await trx("alarm_desk").where("id", 1).update({ id: 1 });
      return work(trx);
    }),
  );
}

/** What waits at the desk. */
export interface DeskWork {
  /** Alarms that are not routed. */
  alarms: boolean;
  /** What is to be told to some channel. */
  deliveries: boolean;
  /** Messages that their platform refused. */
  refused: boolean;
}

const DESK_WORK = `SELECT EXISTS(SELECT 1 FROM alarms WHERE routed = 0) AS alarms,
  EXISTS(SELECT 1 FROM webhooks w WHERE EXISTS(
    SELECT 1 FROM alarm_deliveries d WHERE d.webhook_id = w.id AND d.message_id IS NULL)) AS deliveries,
  EXISTS(SELECT 1 FROM alarm_messages WHERE refused = 1) AS refused`;

/** By one statement that looks up keys of indexes: it is asked every few seconds, and mostly there is nothing. */
export async function deskWork(db: Database): Promise<DeskWork> {
  const [row] = db.driver.rowsOf(await db.knex.raw(DESK_WORK));
  const has = (what: keyof DeskWork) => Number(row?.[what]) === 1;
  return { alarms: has("alarms"), deliveries: has("deliveries"), refused: has("refused") };
}

/** Ids of the channels that an alarm goes to; of what is over, `told` are those that heard of it. */
export type Route = (alarm: Alarm, told: ReadonlySet<number>) => number[];

/**
 * Writes for each alarm that is new which channels it goes to.
 * @param routeNow the way as it is now. It is asked in the transaction, once the alarms are read: channels that were read
 *   before may lack one that was made just before its first alarm, which it would never hear of.
 * @returns how many alarms were looked at; call again while it is not 0
 */
export async function routeAlarms(
  db: Database,
  routeNow: (within: Database) => Route | Promise<Route>,
): Promise<number> {
  // Mostly there is nothing to do, which shall not cost a lock and a sync.
  if (!(await db.knex("alarms").where("routed", 0).first("id"))) return 0;
  return atDesk(db, async (trx) => {
    const rows = await trx("alarms").where("routed", 0).orderBy("id").limit(ROUTED_AT_ONCE);
    const alarms = rows.map(alarmFromRow);
    if (alarms.length === 0) return 0;
    const route = await routeNow({ ...db, knex: trx });
    const incidents = await gatherIncidents(trx, alarms);
    const mutes = await allMutes(trx);
    const over = alarms.flatMap(({ facts: { incident } }) => incident ?? []);
    const hearers = await toldOf(trx, over);
    const incidentOf = ({ id, facts }: Alarm) => incidents.get(id) ?? facts.incident ?? null;
    const told = alarms.filter((alarm) => !mutes.some((mute) => silences(mute, alarm, incidentOf(alarm))));
    const deliveries = told.flatMap((alarm) =>
      route(alarm, hearers.get(alarm.facts.incident ?? 0) ?? new Set()).map((webhookId) => [
        webhookId,
        alarm.id,
      ]),
    ) as [number, number][];
    await noteTold(
      trx,
      deliveries.flatMap(([webhookId, id]): [number, number][] => {
        const incident = incidents.get(id);
        return incident === undefined ? [] : [[incident, webhookId]];
      }),
    );
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
 * Makes messages of what waits for a channel, oldest first.
 * @param recall how many of its latest messages `decide` must know of
 * @param decide what the channel does now
 * @param compose a message's task
 * @returns the tasks, at most {@link SINGLES_AT_ONCE}; call again while there are some
 */
export function makeMessages(
  db: Database,
  webhookId: number,
  now: EpochMs,
  recall: number,
  decide: (traffic: Traffic) => Turn,
  compose: (digest: Digest) => Composed,
): Promise<StoredTask[]> {
  return atDesk(db, async (trx) => {
    const channel = await trx("webhooks")
      .where({ id: webhookId, enabled: 1 })
      .first("row_messages", "row_last_at");
    if (!channel) return [];
    const row = { messages: Number(channel.row_messages), lastAt: Number(channel.row_last_at) };
    const turn = decide({ ...(await trafficOf(trx, webhookId, recall, now)), row });
    if (turn.kind === "none" || turn.kind === "wait") return [];
    const most = turn.kind === "digest" ? MAX_DIGEST : Math.min(turn.count, SINGLES_AT_ONCE);
    const ids = (await open(trx, webhookId).orderBy("alarm_id").limit(most).pluck("alarm_id")).map(Number);
    if (ids.length === 0) return [];
    const told =
      turn.kind === "digest"
        ? [await gather({ ...db, knex: trx }, webhookId, ids)]
        : await single(trx, webhookId, ids);
    await trx("webhooks")
      .where("id", webhookId)
      .update({ row_messages: (turn.row ?? 0) + told.length, row_last_at: now });
    const tasks = told.map(([taskId, digest]) => messageOf(taskId, compose(digest), now));
    const rows = told.map(([taskId, { count }]) => [taskIdToBytes(taskId), webhookId, count, now]);
    await insertMany(trx, "alarm_messages", ["task_id", "webhook_id", "alarms", "created_at"], rows);
    // As any other task is accepted, but in our transaction.
    await acceptWithin(
      { ...db, knex: trx },
      tasks.map((task) => newTask(task, null, db.sealing)),
    );
    return tasks;
  });
}

/** Assigns all that wait from the first of `ids` to the last to one message. */
async function gather(within: Database, webhookId: number, ids: number[]): Promise<[TaskId, Digest]> {
  const taskId = newTaskId();
  await open(within.knex, webhookId)
    .whereBetween("alarm_id", [ids[0] as number, ids.at(-1) as number])
    .update({ message_id: taskIdToBytes(taskId) });
  return [taskId, await digestOf(within, webhookId, taskId, ids.length)];
}

/** Assigns each to a message of its own. */
async function single(trx: Knex, webhookId: number, ids: number[]): Promise<[TaskId, Digest][]> {
  const rows = await trx("alarms").whereIn("id", ids).orderBy("id");
  const told = rows.map(alarmFromRow).map((alarm): [TaskId, Digest] => [newTaskId(), onlyOf(alarm)]);
  const cases = told.flatMap(([taskId, { first }]) => [first[0]?.id, taskIdToBytes(taskId)]);
  await trx.raw(
    `UPDATE alarm_deliveries SET message_id = CASE alarm_id ${"WHEN ? THEN ? ".repeat(told.length)}END
     WHERE webhook_id = ? AND message_id IS NULL AND alarm_id IN ${placeholders(told.length)}`,
    [...cases, webhookId, ...told.map(([, { first }]) => first[0]?.id)] as never[],
  );
  return told;
}

const onlyOf = (alarm: Alarm): Digest => ({
  count: 1,
  first: [alarm],
  kinds: [[alarm.kind, 1]],
  apps: [],
  destinations: [],
  errors: [],
});

/** A message's task, due now. */
export function messageOf(taskId: TaskId, { start: _, ...spec }: Composed, now: EpochMs): StoredTask {
  return {
    ...spec,
    taskId,
    appId: ALARM_APP_ID,
    state: "pending",
    callCount: 0,
    manualCalls: 0,
    nextCallAt: now,
    finishedAt: null,
    lastError: null,
    orderSeq: null,
    handedUntil: null,
    unsigned: false,
    sourceIp: null,
    createdAt: now,
    updatedAt: now,
  };
}

const open = (trx: Knex, webhookId: number) =>
  trx("alarm_deliveries").where("webhook_id", webhookId).whereNull("message_id");

async function trafficOf(
  trx: Knex,
  webhookId: number,
  recall: number,
  now: EpochMs,
): Promise<Omit<Traffic, "row">> {
  const [row] = await open(trx, webhookId).count({ waiting: "*" });
  const waiting = Number(row?.waiting ?? 0);
  if (recall === 0) return { waiting, sentAt: [], underWay: 0 };
  const recent = await messages(trx, webhookId)
    .leftJoinRelated("task")
    .where("alarm_messages.created_at", ">", now - hours(1))
    .orderBy("alarm_messages.created_at", "desc")
    .limit(recall)
    .select("alarm_messages.created_at", "task.state");
  return {
    waiting,
    sentAt: recent.map(({ created_at }) => epochMs(created_at as number)),
    underWay: recent.filter(({ state }) => state === stateCode("pending")).length,
  };
}

/** What a message tells of. */
export async function digestOf(
  within: Database,
  webhookId: number,
  messageId: TaskId,
  count: number,
): Promise<Digest> {
  const told = () =>
    within
      .knex("alarm_deliveries as d")
      .join("alarms as a", "a.id", "d.alarm_id")
      .where("d.webhook_id", webhookId)
      .where("d.message_id", taskIdToBytes(messageId));
  const first = (await told().orderBy("a.id").limit(TOP).select("a.*")).map(alarmFromRow);
  const counted = async (column: string): Promise<Counted[]> => {
    const rows = await told()
      .whereNotNull(`a.${column}`)
      .groupByRaw(within.driver.exactText(`a.${column}`))
      .min({ name: `a.${column}` })
      .count({ n: "*" })
      .orderBy("n", "desc")
      .limit(TOP);
    return rows.map((row): Counted => [String((row as { name?: unknown }).name), Number(row.n)]);
  };
  return {
    count,
    first,
    kinds: await counted("kind"),
    apps: await counted("source_app_name"),
    destinations: await counted("destination"),
    errors: await counted("error_code"),
  };
}

/** No message is made for a channel from here on: a notifier that makes one just now has finished when this resolves. */
export function closeChannel(db: Database, webhookId: number): Promise<void> {
  return atDesk(db, async (trx) => {
    await trx("webhooks").where("id", webhookId).update({ enabled: 0 });
  });
}
