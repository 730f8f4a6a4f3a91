/** How destinations are: of all of them what their calls came to, of one all that is known. */
import { epochMs } from "../../core/clock.ts";
import type {
  DestinationHealth,
  DestinationReport,
  Outage,
  StatsHealth,
} from "../../core/destination-report.ts";
import { BidaError } from "../../core/errors.ts";
import { type Lane, laneOf } from "../../core/ids.ts";
import { lastOutage } from "../../core/outage.ts";
import { ALL_APPS, type Cell, floorTo, KEPT, OTHER_LANES, STEPS } from "../../core/stats.ts";
import { appNames } from "../../store/apps.ts";
import { type AttemptFilter, listAttempts } from "../../store/attempts.ts";
import { listAudit } from "../../store/audit.ts";
import { breakerEvents } from "../../store/breaker-events.ts";
import type { Database } from "../../store/database.ts";
import { countExhausted, countOpen } from "../../store/destination-tasks.ts";
import { findDestination, originsOf, type StoredDestination } from "../../store/destinations.ts";
import { EVERYTHING } from "../../store/scope.ts";
import { type Range, readStats } from "../../store/stats/read.ts";
import type { Resources } from "../node/resources.ts";
import { attemptItem } from "../tasks/views.ts";
import { activityOf, iso, sparksOf, summed } from "./statistics.ts";

const FIVE_MINUTES = 5 * STEPS.minute;
/** Of the latest, in a report. */
const BREAKER_EVENTS = 20;
/** Changes of a destination that are looked through for the one that paused it. */
const CHANGES = 50;

/** The range of that length up to now, the step that is under way included. */
const upTo = (now: number, step: Range["step"], length: number): Range => {
  const to = floorTo(now, step) + STEPS[step];
  return { step, from: to - length, to };
};

/** Cells of the last five minutes, hour and day. */
interface Periods {
  minutes: Map<number, Cell>;
  hours: Map<number, Cell>;
}

function activities({ minutes, hours }: Periods, now: number) {
  const since = upTo(now, "minute", FIVE_MINUTES).from;
  const latest = [...minutes].flatMap(([at, cell]) => (at >= since ? [cell] : []));
  return {
    last5Minutes: activityOf(summed(latest)),
    lastHour: activityOf(summed(minutes.values())),
    lastDay: activityOf(summed(hours.values())),
  };
}

/** All that were called in the last day and are kept apart, busiest first. */
export async function health({ db, clock }: Pick<Resources, "db" | "clock">): Promise<StatsHealth> {
  const now = clock.now();
  const day = upTo(now, "hour", STEPS.day);
  const [minutes, hours, last] = await readStats(db, async (reader) => [
    await reader.lanes(ALL_APPS, upTo(now, "minute", STEPS.hour)),
    await reader.lanes(ALL_APPS, day),
    await reader.lastCalls(ALL_APPS, upTo(now, "hour", KEPT.minute)),
  ]);
  const origins = await originsOf(db, [...hours.keys()] as Lane[]);
  const items = [...hours].map(([lane, cells]): DestinationHealth => {
    const own = activities({ minutes: minutes.get(lane) ?? new Map(), hours: cells }, now);
    const sparkline = sparksOf(day, cells, ({ counts: { callsSucceeded, callsFailed } }) => ({
      calls: callsSucceeded + callsFailed,
      failed: callsFailed,
    }));
    const { succeededAt = null, failedAt = null } = last.get(lane) ?? {};
    return {
      destination: origins.get(lane as Lane) ?? lane,
      ...own,
      lastDay: { ...own.lastDay, sparkline },
      lastSuccessAt: succeededAt === null ? null : iso(succeededAt),
      lastFailureAt: failedAt === null ? null : iso(failedAt),
    };
  });
  items.sort((a, b) => b.lastDay.calls - a.lastDay.calls || (a.destination < b.destination ? -1 : 1));
  return { at: iso(now), items, nextCursor: null };
}

/** @throws BidaError not_found for an origin that was never called nor set */
export async function report(
  { db, clock }: Pick<Resources, "db" | "clock">,
  origin: string,
): Promise<DestinationReport> {
  const now = clock.now();
  const lane = laneOf(origin);
  const stored = await findDestination(db, lane);
  if (!stored) throw new BidaError("not_found", "No such destination");
  const day = upTo(now, "hour", STEPS.day);
  const stats = await readStats(db, async (reader) => ({
    kept: await reader.series({ appId: ALL_APPS, lane }, upTo(now, "minute", KEPT.minute)),
    hours: await reader.series({ appId: ALL_APPS, lane }, day),
    others: await reader.series({ appId: ALL_APPS, lane: OTHER_LANES }, day),
    callers: await reader.callers(lane, day),
  }));
  const lastHour = upTo(now, "minute", STEPS.hour).from;
  const minutes = new Map([...stats.kept].filter(([at]) => at >= lastHour));
  const window = lastOutage(
    [...stats.kept]
      .sort(([a], [b]) => a - b)
      .map(([at, { counts }]) => ({
        at: epochMs(at),
        calls: counts.callsSucceeded + counts.callsFailed,
        failed: counts.callsFailed,
      })),
  );
  const ended = window && { from: window.from, to: window.to ?? now };
  const last = (succeeded: boolean) => latestCall(db, { lane, succeeded });
  const [open, { all: exhausted, missed }, lastError, lastSuccess, events, paused, names] = await Promise.all(
    [
      countOpen(db, lane),
      countExhausted(db, lane, ended),
      last(false),
      last(true),
      breakerEvents(db, lane, BREAKER_EVENTS),
      stored.paused ? whoPaused(db, stored) : null,
      appNames(db, [...stats.callers.keys()]),
    ],
  );
  const outage: Outage | null = window && {
    from: iso(window.from),
    to: window.to === null ? null : iso(window.to),
    calls: window.calls,
    failed: window.failed,
    missed: {
      count: missed.count,
      atLeast: missed.atLeast,
      from: missed.firstCreatedAt === null ? null : iso(missed.firstCreatedAt),
      // A replay excludes its end.
      to: missed.lastCreatedAt === null ? null : iso(missed.lastCreatedAt + 1),
    },
  };
  return {
    origin,
    at: iso(now),
    keptApart: stats.hours.size > 0 || stats.others.size === 0,
    ...activities({ minutes, hours: stats.hours }, now),
    open,
    exhausted,
    lastError,
    lastSuccess,
    callers: [...stats.callers]
      .map(([id, counts]) => ({ app: { id, name: names.get(id) ?? null }, ...counts }))
      .sort((a, b) => b.calls - a.calls || a.app.id - b.app.id),
    paused,
    breakerEvents: events.map(({ at, opened, failures }) => ({
      at: iso(at),
      change: opened ? ("opened" as const) : ("closed" as const),
      failures,
    })),
    outage,
  };
}

async function latestCall(db: Database, filter: AttemptFilter) {
  const { items } = await listAttempts(db, EVERYTHING, filter, 1, null);
  return items[0] ? attemptItem(items[0], true) : null;
}

/** The latest change that paused it. */
async function whoPaused(
  db: Database,
  { origin }: Pick<StoredDestination, "origin">,
): Promise<DestinationReport["paused"]> {
  const filter = { action: "destination.change", target: { type: "destination", id: origin } };
  const { items } = await listAudit(db, filter, CHANGES, null);
  const found = items.find(({ after }) => (after as { paused?: boolean } | null)?.paused === true);
  return found ? { by: found.actor, at: iso(found.at), note: found.note } : null;
}
