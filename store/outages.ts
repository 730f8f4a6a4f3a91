/**
 * When what was raised is over: tasks that failed alike are all repaired, a breaker stays closed, a backlog is gone, a channel
 * works, a destination's calls go well. Who was told of it is told of its end, once.
 */
import type { Knex } from "knex";
import type { NewAlarm } from "../core/alarm/alarm.ts";
import { type EpochMs, epochMs, type Millis, minutes } from "../core/clock.ts";
import { laneOf } from "../core/ids.ts";
import { type CallMinute, lastOutage, type OutageWindow } from "../core/outage.ts";
import { ALL_APPS, type CellKey, floorTo, STEPS } from "../core/stats.ts";
import { alarmFromRow, insertAlarms } from "./alarms.ts";
import { breakerEvents } from "./breaker-events.ts";
import { type Database, forSearch } from "./database.ts";
import { reading } from "./failures.ts";
import { keyOf, toldOf } from "./gather.ts";
import { incidentFromRow, type StoredIncident } from "./incidents.ts";
import type { Row } from "./rows.ts";
import { stateCode } from "./rows.ts";
import { type Range, readStats, type StatsReader } from "./stats/read.ts";

/** Looked at for their end at one time. */
const ENDED_AT_ONCE = 200;
/** What is well for less, and fails again, was not over. */
const SETTLED: Millis = minutes(5);
/** How far back a destination's calls are looked at by the minute. */
const LOOK = STEPS.hour;

/** What was raised, as it was when it was looked at. */
export type Over = Pick<StoredIncident, "id" | "lastAt"> & {
  /** Nothing is known to be well: its channel is deleted or switched off, or its tasks are pruned. */
  gone: boolean;
};

/**
 * Looks at what is open behind `after`, some at a time. Outside of the desk: it may take long.
 * @returns what is over; and where to go on, 0 from the beginning
 */
export async function lookForEnds(
  db: Database,
  now: EpochMs,
  after: number,
  atOnce = ENDED_AT_ONCE,
): Promise<{ over: Over[]; next: number }> {
  const { knex } = forSearch(db);
  const query = knex("incidents").where("ended", false).where("id", ">", after).orderBy("id").limit(atOnce);
  const open = (await reading<Row[]>(query)).map(incidentFromRow);
  const over: Over[] = [];
  for (const one of open) {
    const state = await stateOf(db, one, now);
    if (state !== "on") over.push({ id: one.id, lastAt: one.lastAt, gone: state === "gone" });
  }
  return { over, next: open.length < atOnce ? 0 : (open.at(-1)?.id ?? 0) };
}

type State = "on" | "over" | "gone";

async function stateOf(db: Database, one: StoredIncident, now: EpochMs): Promise<State> {
  const whether = (isOver: boolean) => (isOver ? "over" : "on");
  switch (one.kind) {
    case "exhausted":
      return stateOfTasks(db, one.id);
    case "backlog":
    case "channel": {
      const row = await reading(
        db
          .knex("webhooks")
          .where("id", one.subject?.id ?? 0)
          .first(),
      );
      if (!row?.enabled) return "gone";
      if (one.kind === "backlog") return whether(row.backlog_alarmed_at === null);
      // Other settings forget what was wrong; that it works is known once a message arrived.
      return whether(row.broken_since === null && Number(row.last_success_at) >= one.firstAt);
    }
    case "breaker":
      return whether((await isClosed(db, one, now)) || (await callsGoWell(db, one, now)));
    case "destination":
      return whether(await callsGoWell(db, one, now));
  }
}

/** It is on while a task of it is exhausted, or called again just now. What became of one that was pruned nobody can say. */
async function stateOfTasks(db: Database, id: number): Promise<State> {
  const tasks = () =>
    forSearch(db)
      .knex("incident_tasks as i")
      .leftJoin("tasks as t", "t.task_id", "i.task_id")
      .where("i.incident_id", id);
  const failed = tasks().whereIn("t.state", [stateCode("exhausted"), stateCode("pending")]);
  if (await reading(failed.first("i.task_id"))) return "on";
  return (await reading(tasks().whereNull("t.task_id").first("i.task_id"))) ? "gone" : "over";
}

/** Whether its breaker closed a while ago, and stayed so. Events may be lost: then its calls say it. */
async function isClosed(db: Database, { destination }: StoredIncident, now: EpochMs): Promise<boolean> {
  const [latest] = await breakerEvents(db, laneOf(destination ?? ""), 1);
  return latest !== undefined && !latest.opened && now - latest.at >= SETTLED;
}

/**
 * Whether most calls have gone well for a while since its last alarm. Its failures themselves are not looked for: where few
 * calls are made they are long ago.
 */
async function callsGoWell(db: Database, one: StoredIncident, now: EpochMs): Promise<boolean> {
  const key = { appId: ALL_APPS, lane: laneOf(one.destination ?? "") };
  const calls = await readStats(db, (reader) => callsSince(reader, key, one.lastAt, now));
  const outage = lastOutage(calls, one.lastAt);
  return outage !== null && outage.to !== null && now - outage.to >= SETTLED;
}

/** The last stretch of time in which most calls to a destination failed; null: there was none lately. */
async function outageOf(db: Database, destination: string, now: EpochMs): Promise<OutageWindow | null> {
  const to = floorTo(now, "minute") + STEPS.minute;
  const key = { appId: ALL_APPS, lane: laneOf(destination) };
  return lastOutage(
    await readStats(db, (reader) => callsIn(reader, key, { step: "minute", from: to - LOOK, to })),
  );
}

/** Calls behind the minute of `since`: those of the last hour by the minute; where there are none, all before. */
async function callsSince(
  reader: StatsReader,
  key: CellKey,
  since: EpochMs,
  now: EpochMs,
): Promise<CallMinute[]> {
  const begin = floorTo(since, "minute") + STEPS.minute;
  const to = floorTo(now, "minute") + STEPS.minute;
  const recent = Math.max(begin, floorTo(now - LOOK, "hour"));
  const lately = await callsIn(reader, key, { step: "minute", from: recent, to });
  if (lately.length > 0 || recent === begin) return lately;
  // The hour that it began in holds its failures: the rest of it is looked at by the minute, while minutes are kept.
  const whole = Math.min(floorTo(begin - 1, "hour") + STEPS.hour, recent);
  return [
    ...(await callsIn(reader, key, { step: "minute", from: begin, to: whole })),
    ...(await callsIn(reader, key, { step: "hour", from: whole, to: recent })),
  ];
}

/** In order of time; stretches without calls are missing. */
async function callsIn(reader: StatsReader, key: CellKey, range: Range): Promise<CallMinute[]> {
  const cells = await reader.series(key, range);
  return [...cells]
    .map(([at, { counts }]) => ({
      at: epochMs(at),
      calls: counts.callsSucceeded + counts.callsFailed,
      failed: counts.callsFailed,
    }))
    .filter(({ calls }) => calls > 0)
    .sort((a, b) => a.at - b.at);
}

/** Destinations whose tasks were exhausted lately and were told, most of whose calls fail just now; and since when. */
export async function failingDestinations(
  db: Database,
  now: EpochMs,
): Promise<{ destination: string; since: EpochMs }[]> {
  const query = db
    .knex("incidents as i")
    .join("incident_channels as c", "c.incident_id", "i.id")
    .where({ "i.kind": "exhausted", "i.ended": false })
    .where("i.last_at", ">=", now - SETTLED)
    .whereNot("i.destination", "")
    .distinct()
    .limit(ENDED_AT_ONCE)
    .pluck("i.destination");
  const failing: { destination: string; since: EpochMs }[] = [];
  for (const destination of await reading<string[]>(query)) {
    const outage = await outageOf(db, destination, now);
    if (outage?.to === null) failing.push({ destination, since: outage.from });
  }
  return failing;
}

/** So many alarms that are not routed yet are compared; behind more of them nothing ends. */
const UNROUTED = 1_000;

/**
 * Ends what is over, unless something came to it since it was looked at, or is about to, and raises that it is. To be called by
 * the one who holds the desk.
 */
export async function endIncidents(trx: Knex, over: Over[], now: EpochMs): Promise<void> {
  const unrouted = await trx("alarms")
    .where("routed", 0)
    .limit(UNROUTED + 1);
  if (unrouted.length > UNROUTED) return;
  const coming = new Set(unrouted.map((row) => textOf(keyOf(alarmFromRow(row)))));
  const told = await toldOf(
    trx,
    over.map(({ id }) => id),
  );
  for (const { id, lastAt, gone } of over) {
    const row = await trx("incidents").where({ id }).first();
    if (!row || coming.has(textOf(row))) continue;
    const ended = await trx("incidents")
      .where({ id, ended: false, last_at: lastAt })
      .update({ ended: true, ended_at: now });
    if (ended !== 1) continue;
    const isMuted = Boolean(
      await trx("alarm_mutes")
        .where("incident_id", id)
        .where((either) => either.whereNull("until").orWhere("until", ">", now))
        .first("id"),
    );
    await trx("alarm_mutes").where("incident_id", id).delete();
    if (gone || isMuted || !told.has(id)) continue;
    await insertAlarms(trx, [recovery(incidentFromRow(row), now)]);
  }
}

const textOf = (key: Record<keyof ReturnType<typeof keyOf>, unknown>): string =>
  [key.kind, key.destination, key.error_code, key.status_code, key.subject_id ?? 0].join("\n");

const recovery = (one: StoredIncident, now: EpochMs): NewAlarm => ({
  kind: "recovered",
  taskId: null,
  sourceAppName: null,
  destination: one.destination,
  errorCode: one.errorCode || null,
  facts: {
    of: one.kind,
    incident: one.id,
    since: one.firstAt,
    statusCode: one.statusCode ?? undefined,
    channel: one.subject?.name ?? undefined,
    alarms: one.alarms > 0 ? one.alarms : undefined,
  },
  createdAt: now,
});
