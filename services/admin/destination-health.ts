/** How destinations are: of all of them what their calls came to, of one all that is known. */
import { epochMs, iso } from "../../core/clock.ts";
import type {
  DestinationHealth,
  DestinationReport,
  Outage,
  StatsHealth,
} from "../../core/destination-report.ts";
import { BidaError } from "../../core/errors.ts";
import { type Lane, laneOf } from "../../core/ids.ts";
import { lastOutage } from "../../core/outage.ts";
import { ALL_APPS, type Cell, emptyCell, floorTo, KEPT, OTHER_LANES, STEPS } from "../../core/stats.ts";
import { appNames } from "../../store/apps.ts";
import { type AttemptFilter, listAttempts } from "../../store/attempts.ts";
import { listAudit } from "../../store/audit.ts";
import { breakerEvents } from "../../store/breaker-events.ts";
import type { Database } from "../../store/database.ts";
import { countExhausted, countOpen, openPerLane } from "../../store/destination-tasks.ts";
import { findDestination, originsOf, type StoredDestination } from "../../store/destinations.ts";
import { EVERYTHING } from "../../store/scope.ts";
import { type LaneSum, type LastCalls, type Range, readStats } from "../../store/stats/read.ts";
import type { Resources } from "../node/resources.ts";
import { attemptItem } from "../tasks/views.ts";
import { activityOf, summed } from "./statistics.ts";

const FIVE_MINUTES = 5 * STEPS.minute;
/** Of the latest, in a report. */
const BREAKER_EVENTS = 20;
/** Changes of a destination that are looked through for the one that paused it. */
const CHANGES = 50;
/** Destinations that are listed for their open tasks alone. */
const MOST_WAITING = 1_000;

/** The range of that length up to now, the step that is under way included. */
const upTo = (now: number, step: Range["step"], length: number): Range => {
  const to = floorTo(now, step) + STEPS[step];
  return { step, from: to - length, to };
};

/** What the last five minutes, hour and day came to. */
interface Periods {
  latest: Cell;
  hour: Cell;
  day: Cell;
}

const activities = ({ latest, hour, day }: Periods) => ({
  last5Minutes: activityOf(latest),
  lastHour: activityOf(hour),
  lastDay: activityOf(day),
});

/** When a lane's calls ended so last, of those steps. */
function lastOf({ steps }: LaneSum): LastCalls {
  const last: LastCalls = { succeededAt: null, failedAt: null };
  for (const [at, { calls, failed }] of steps) {
    if (calls > failed) last.succeededAt = Math.max(at, last.succeededAt ?? 0);
    if (failed > 0) last.failedAt = Math.max(at, last.failedAt ?? 0);
  }
  return last;
}

/** All that were called in the last day and are kept apart, and those with open tasks; busiest first. */
export async function health({ db, clock }: Pick<Resources, "db" | "clock">): Promise<StatsHealth> {
  const now = clock.now();
  const day = upTo(now, "hour", STEPS.day);
  const latest = upTo(now, "minute", FIVE_MINUTES).from;
  const [minutes, hours, last] = await readStats(db, async (reader) => {
    const ofHour = await reader.laneSums(ALL_APPS, upTo(now, "minute", STEPS.hour), latest);
    const ofDay = await reader.laneSums(ALL_APPS, day, Number.POSITIVE_INFINITY);
    // Most were called in the last hour: what is known from there is not looked for.
    const known = new Map([...ofHour].map(([lane, sum]) => [lane, lastOf(sum)]));
    const older = await reader.lastCalls(ALL_APPS, upTo(now, "hour", KEPT.minute), known);
    return [ofHour, ofDay, new Map([...known, ...older])] as const;
  });
  const open = await openPerLane(db);
  const waiting = [...open.counts.keys()].slice(0, MOST_WAITING);
  const lanes = [...new Set([...hours.keys(), ...waiting])];
  const origins = await originsOf(db, lanes as Lane[]);
  const items = lanes.map((lane): DestinationHealth => {
    const { all, steps } = hours.get(lane) ?? { all: emptyCell(), steps: new Map() };
    const ofHour = minutes.get(lane);
    const own = activities({
      latest: ofHour?.recent ?? emptyCell(),
      hour: ofHour?.all ?? emptyCell(),
      day: all,
    });
    // A day of hours has as many parts as a sparkline.
    const sparkline = Array.from({ length: (day.to - day.from) / STEPS.hour }, (_, i) => {
      const at = day.from + i * STEPS.hour;
      return { at: iso(at), calls: 0, failed: 0, ...steps.get(at) };
    });
    const { succeededAt = null, failedAt = null } = last.get(lane) ?? {};
    return {
      destination: origins.get(lane as Lane) ?? lane,
      ...own,
      lastDay: { ...own.lastDay, sparkline },
      lastSuccessAt: succeededAt === null ? null : iso(succeededAt),
      lastFailureAt: failedAt === null ? null : iso(failedAt),
      open: { count: open.counts.get(lane as Lane) ?? 0, atLeast: open.atLeast },
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
  const latest = upTo(now, "minute", FIVE_MINUTES).from;
  const since = (from: number) => new Map([...stats.kept].filter(([at]) => at >= from));
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
    ...activities({
      latest: summed(since(latest).values()),
      hour: summed(since(lastHour).values()),
      day: summed(stats.hours.values()),
    }),
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
