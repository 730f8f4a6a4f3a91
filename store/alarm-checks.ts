/** What notifiers look after from time to time, and alarms of things that are no task's end. */
import type { NewAlarm } from "../core/alarm/alarm.ts";
import { type EpochMs, epochMs } from "../core/clock.ts";
import { atDesk } from "./alarm-desk.ts";
import { breakChannel, insertAlarms } from "./alarms.ts";
import type { Database } from "./database.ts";
import { openFailing } from "./gather.ts";
import { endIncidents, failingDestinations, lookForEnds } from "./outages.ts";
import { stateCode } from "./rows.ts";

/** True for one of those who ask within `everyMs`: that one does what is done once per interval. */
export async function takeTurn(db: Database, now: EpochMs, everyMs: number): Promise<boolean> {
  const took = await db
    .knex("alarm_desk")
    .where("id", 1)
    .where("checked_at", "<=", now - everyMs)
    .update({ checked_at: now });
  return took === 1;
}

/** There is no index by destination: behind so many tasks of paused ones nothing is looked for. */
const BACKLOG_LOOK = 50_000;

/**
 * When the oldest task that is due and waits for its call became due. Those of paused destinations wait because somebody
 * wants it, and do not count.
 */
export async function oldestDue(db: Database, now: EpochMs): Promise<EpochMs | null> {
  const waiting = db
    .knex("tasks")
    .where("state", stateCode("pending"))
    .where("next_call_at", "<", now)
    .orderBy("next_call_at");
  const paused: string[] = await db.knex("destinations").where("paused", true).pluck("lane");
  const first =
    paused.length === 0
      ? waiting
      : db
          .knex(waiting.select("next_call_at", "lane").limit(BACKLOG_LOOK).as("waiting"))
          .whereNotIn("lane", paused)
          .orderBy("next_call_at");
  const row = await first.first("next_call_at");
  return row ? epochMs(row.next_call_at) : null;
}

/**
 * Marks channels as broken whose messages are under way for long: a breaker may hold them, or a long schedule. A channel
 * works to which a later message arrived.
 */
export function breakStuckChannels(db: Database, before: EpochMs, now: EpochMs): Promise<void> {
  return atDesk(db, async (trx) => {
    const stuck: number[] = await trx("alarm_messages as m")
      .join("tasks as t", "t.task_id", "m.task_id")
      .join("webhooks as w", "w.id", "m.webhook_id")
      .where("m.created_at", "<", before)
      .where("t.state", stateCode("pending"))
      .whereNull("w.broken_since")
      .where((either) =>
        either.whereNull("w.last_success_at").orWhere("w.last_success_at", "<", trx.ref("m.created_at")),
      )
      .distinct()
      .pluck("m.webhook_id");
    const since = new Date(before).toISOString();
    for (const id of stuck) await breakChannel(trx, id, `a message is not delivered since ${since}`, now);
  });
}

/**
 * Ends what is over, of the next open ones behind `after`, and tells of it.
 * @returns where to go on; 0: from the beginning
 */
export async function endOldIncidents(
  db: Database,
  now: EpochMs,
  after = 0,
  atOnce?: number,
): Promise<number> {
  const { over, next } = await lookForEnds(db, now, after, atOnce);
  // Mostly there is nothing to do, which shall not cost a lock and a sync.
  if (over.length > 0) await atDesk(db, (trx) => endIncidents(trx, over, now));
  return next;
}

/** Finds destinations that fail and whose tasks were told of: those who heard of them hear when they are well again. */
export async function noteFailing(db: Database, now: EpochMs): Promise<void> {
  const failing = await failingDestinations(db, now);
  if (failing.length === 0) return;
  await atDesk(db, async (trx) => {
    for (const { destination, since } of failing) await openFailing(trx, destination, since, now);
  });
}

/** Raises a channel's own backlog alarm unless it stands already. */
export function raiseBacklog(db: Database, webhookId: number, alarm: NewAlarm): Promise<void> {
  return atDesk(db, async (trx) => {
    const standing = { backlog_alarmed_at: alarm.createdAt };
    const raised = await trx("webhooks")
      .where("id", webhookId)
      .whereNull("backlog_alarmed_at")
      .update(standing);
    if (raised === 1) await insertAlarms(trx, [{ ...alarm, onlyTo: webhookId }]);
  });
}

/** The backlog is gone: the next one is told again. */
export async function endBacklog(db: Database, webhookId: number): Promise<void> {
  await db.knex("webhooks").where("id", webhookId).update({ backlog_alarmed_at: null });
}

/**
 * Raises an alarm unless one of its kind about the same destination was raised since, and is not over. One that stands has
 * happened again then: a look before this, which found it over, does not end it.
 */
export function raiseOnce(db: Database, alarm: NewAlarm, since: EpochMs): Promise<void> {
  return atDesk(db, async (trx) => {
    const { kind, destination, createdAt } = alarm;
    const same = await trx("alarms")
      .where({ kind, destination })
      .where("created_at", ">=", since)
      .orderBy("created_at", "desc")
      .first("created_at");
    const isOver =
      same &&
      (await trx("incidents")
        .where({ kind, destination, ended: true })
        .where("ended_at", ">=", same.created_at)
        .first("id"));
    if (!same || isOver) await insertAlarms(trx, [alarm]);
    else
      await trx("incidents")
        .where({ kind, destination: destination ?? "", ended: false })
        .where("last_at", "<", createdAt)
        .update({ last_at: createdAt });
  });
}

/** A breaker that is open. */
export interface OpenBreaker {
  destination: string;
  /** When it opened. */
  since: EpochMs;
}

/** Those of `breakers` of which nothing was raised since they opened. */
export async function unheardBreakers<T extends OpenBreaker>(db: Database, breakers: T[]): Promise<T[]> {
  let unheard = breakers;
  // Those that stand first: they are few, and mostly all.
  for (const ended of [false, true]) {
    if (unheard.length === 0) break;
    const rows = await db
      .knex("incidents")
      .where({ kind: "breaker", ended })
      .where("last_at", ">=", Math.min(...unheard.map(({ since }) => since)))
      .whereIn(
        "destination",
        unheard.map(({ destination }) => destination),
      )
      .select("destination", "last_at");
    const isHeard = ({ destination, since }: T) =>
      rows.some((row) => row.destination === destination && Number(row.last_at) >= since);
    unheard = unheard.filter((one) => !isHeard(one));
  }
  return unheard;
}

/** Destinations whose breaker was told as open, and not as over; those that were told of longest ago first. */
export async function breakersTold(db: Database, limit: number): Promise<string[]> {
  return db
    .knex("incidents")
    .where({ kind: "breaker", ended: false })
    .orderBy("last_at")
    .limit(limit)
    .pluck("destination");
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
