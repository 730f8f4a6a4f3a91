/** Statistics: what the store has counted, as callers see it. */
import type { z } from "zod";
import { type EpochMs, iso } from "../../core/clock.ts";
import { BidaError } from "../../core/errors.ts";
import { percentiles } from "../../core/histogram.ts";
import { type Lane, laneOf, type TaskId } from "../../core/ids.ts";
import type { attemptQuerySchema } from "../../core/schema/attempts.ts";
import type { rangeQuerySchema, seriesQuerySchema } from "../../core/schema/stats.ts";
import {
  ALL_APPS,
  ALL_LANES,
  type Cell,
  emptyCell,
  floorTo,
  KEPT,
  mergeCell,
  OTHER_LANES,
  STEPS,
  type Step,
  type Totals,
} from "../../core/stats.ts";
import type {
  Activity,
  ErrorCount,
  FailingDestination,
  Period,
  StatsDestinations,
  StatsErrors,
  StatsNow,
  StatsRange,
  StatsSeries,
  StatsSummary,
} from "../../core/stats-views.ts";
import type { AttemptFilter } from "../../store/attempts.ts";
import { originsOf } from "../../store/destinations.ts";
import type { Scope } from "../../store/scope.ts";
import { readOverview } from "../../store/stats/overview.ts";
import { type Range, readStats } from "../../store/stats/read.ts";
import { oldestDue } from "../../store/waiting.ts";
import type { Resources } from "../node/resources.ts";
import { handed } from "../tasks/handed.ts";

/** Points of one answer. */
const MAX_POINTS = 1_500;
const SPARKS = 30;
/** Entries of the lists in the summary. */
const TOP = 5;
/** How many due tasks are looked at for one that nobody holds. */
const OLDEST = 50;
/** Summing up all destinations costs more than all the rest of the summary: how old that part may be, in ms. */
const TOP_TTL = 5_000;

type RangeQuery = z.output<typeof rangeQuerySchema>;
type SeriesQuery = z.output<typeof seriesQuerySchema>;
type Tops = Record<"hour" | "day", FailingDestination[]>;

export class Statistics {
  readonly #resources: Pick<Resources, "db" | "due" | "clock" | "config">;
  readonly #tops = new Map<number, { tops: Promise<Tops>; until: number }>();

  constructor(resources: Pick<Resources, "db" | "due" | "clock" | "config">) {
    this.#resources = resources;
  }

  async now(scope: Scope): Promise<StatsNow> {
    const now = this.#resources.clock.now();
    const [{ totals }, oldest] = await Promise.all([
      readOverview(this.#resources.db, appOf(scope), []),
      this.#oldestWaiting(scope, now),
    ]);
    return nowOf(totals, oldest);
  }

  async summary(scope: Scope): Promise<StatsSummary> {
    const now = this.#resources.clock.now();
    const appId = appOf(scope);
    const [tops, { totals, periods }, oldest] = await Promise.all([
      this.#topsOf(appId, now),
      readOverview(this.#resources.db, appId, [lastHours(now, 1), lastHours(now, 24)]),
      this.#oldestWaiting(scope, now),
    ]);
    const [hour, day] = periods as [Cell, Cell];
    const period = (cell: Cell, topDestinations: FailingDestination[]): Period => ({
      ...activityOf(cell),
      topDestinations,
      topErrors: errorsOf(cell).slice(0, TOP),
    });
    return {
      ...nowOf(totals, oldest),
      attempts: { succeeded: totals.callsSucceeded, failed: totals.callsFailed },
      lastHour: period(hour, tops.hour),
      lastDay: period(day, tops.day),
    };
  }

  async series(scope: Scope, query: SeriesQuery): Promise<StatsSeries> {
    const appId = appOf(scope, query.app);
    const range = rangeOf(query, query.step, this.#resources.clock.now());
    const key = { appId, lane: laneOfDestination(query.destination) };
    const cells = await readStats(this.#resources.db, (reader) => reader.series(key, range));
    const points = [...startsOf(range)].map((at) => {
      const cell = cells.get(at) ?? emptyCell();
      const { succeeded: delivered, canceled, resolved, reopened } = cell.counts;
      return { at: iso(at), ...activityOf(cell), delivered, canceled, resolved, reopened };
    });
    return { ...viewOf(range), points };
  }

  async destinations(scope: Scope, query: RangeQuery): Promise<StatsDestinations> {
    const appId = appOf(scope, query.app);
    const range = rangeOf(query, stepFor(query), this.#resources.clock.now());
    const lanes = await readStats(this.#resources.db, (reader) => reader.lanes(appId, range));
    const names = await this.#names([...lanes.keys()]);
    const items = [...lanes].map(([lane, cells]) => ({
      destination: names(lane),
      ...activityOf(summed(cells.values())),
      sparkline: sparksOf(range, cells, ({ counts: { callsSucceeded, callsFailed } }) => ({
        calls: callsSucceeded + callsFailed,
        failed: callsFailed,
      })),
    }));
    return {
      ...viewOf(range),
      items: items.sort((a, b) => b.calls - a.calls || (a.destination < b.destination ? -1 : 1)),
      nextCursor: null,
    };
  }

  async errors(scope: Scope, query: RangeQuery & { destination?: string | undefined }): Promise<StatsErrors> {
    const key = { appId: appOf(scope, query.app), lane: laneOfDestination(query.destination) };
    const range = rangeOf(query, stepFor(query), this.#resources.clock.now());
    const cells = await readStats(this.#resources.db, (reader) => reader.series(key, range));
    const items = errorsOf(summed(cells.values())).map(({ errorCode, count }) => ({
      errorCode,
      count,
      sparkline: sparksOf(range, cells, ({ errors }) => ({ count: errors[errorCode] ?? 0 })),
    }));
    return { ...viewOf(range), items, nextCursor: null };
  }

  async #oldestWaiting(scope: Scope, now: EpochMs): Promise<StatsNow["oldestWaiting"]> {
    const { db, due } = this.#resources;
    const entries = await oldestDue(db, scope, now, OLDEST);
    const leased = await due.leasedAmong(entries).catch(() => new Set<TaskId>());
    for (const { taskId } of await handed(this.#resources, now)) leased.add(taskId);
    const oldest = entries.find(({ taskId }) => !leased.has(taskId));
    return oldest
      ? { taskId: oldest.taskId, dueAt: iso(oldest.dueAt), waitingMs: Math.max(0, now - oldest.dueAt) }
      : null;
  }

  /** The lists of the summary, at most {@link TOP_TTL} old. */
  #topsOf(appId: number, now: number): Promise<Tops> {
    const known = this.#tops.get(appId);
    if (known && known.until > performance.now()) return known.tops;
    for (const [app, { until }] of this.#tops) if (until <= performance.now()) this.#tops.delete(app);
    const tops = this.#readTops(appId, now);
    this.#tops.set(appId, { tops, until: performance.now() + TOP_TTL });
    tops.catch(() => this.#tops.delete(appId));
    return tops;
  }

  async #readTops(appId: number, now: number): Promise<Tops> {
    const range = (step: Step, length: number): Range => {
      const to = floorTo(now, step) + STEPS[step];
      return { step, from: to - length, to };
    };
    const [hour, day] = await readStats(this.#resources.db, async (reader) => [
      await reader.failing(appId, range("minute", STEPS.hour), TOP),
      await reader.failing(appId, range("hour", STEPS.day), TOP),
    ]);
    const names = await this.#names([...(hour ?? []), ...(day ?? [])].map(({ lane }) => lane));
    const named = (list: typeof hour) =>
      (list ?? []).map(({ lane, ...counts }) => ({ destination: names(lane), ...counts }));
    return { hour: named(hour), day: named(day) };
  }

  async #names(lanes: string[]): Promise<(lane: string) => string> {
    // "other" is no lane, and finds nothing.
    const origins = await originsOf(this.#resources.db, lanes as Lane[]);
    return (lane) => origins.get(lane as Lane) ?? lane;
  }
}

/** From a query of the contract to a filter on rows. */
export function attemptFilterOf(query: z.output<typeof attemptQuerySchema>): AttemptFilter {
  const { outcome, status, errorCode, destination, taskId, from, to, include } = query;
  return {
    succeeded: outcome && outcome === "succeeded",
    status,
    errorCode,
    lane: destination === undefined ? undefined : laneOf(destination),
    taskId: taskId?.toLowerCase() as AttemptFilter["taskId"],
    from: from === undefined ? undefined : Date.parse(from),
    to: to === undefined ? undefined : Date.parse(to),
    withResponses: include === "response",
  };
}

/** Whose statistics. @throws BidaError invalid_query where an app asks for another's */
function appOf(scope: Scope, app?: number): number {
  if (scope.appId === null) return app ?? ALL_APPS;
  if (app !== undefined && app !== scope.appId) throw refusal("app", "is another app's");
  return scope.appId;
}

function laneOfDestination(destination: string | undefined): string {
  if (destination === undefined) return ALL_LANES;
  return destination === OTHER_LANES ? OTHER_LANES : laneOf(destination);
}

/**
 * Whole steps that cover what was asked for.
 * @throws BidaError invalid_query where that is empty, not kept any more, or too much
 */
function rangeOf(query: { from: string; to: string }, step: Step, now: number): Range {
  const [first, last] = [Date.parse(query.from), Date.parse(query.to)];
  if (last <= first) throw refusal("to", "must be after from");
  const [from, to] = [floorTo(first, step), floorTo(last - 1, step) + STEPS[step]];
  if ((to - from) / STEPS[step] > MAX_POINTS)
    throw refusal("from", `gives more than ${MAX_POINTS} points by the ${step}; shorten the range`);
  if (from < floorTo(now, step) - KEPT[step])
    throw refusal(
      "from",
      `the last ${KEPT[step] / STEPS.hour} hours are kept by the ${step}, older ones not`,
    );
  return { step, from, to };
}

/** The finest step that gives at least a sparkline, and not too many rows. */
function stepFor({ from, to }: { from: string; to: string }): Step {
  const length = Date.parse(to) - Date.parse(from);
  if (length <= 3 * STEPS.hour) return "minute";
  return length <= 7 * STEPS.day ? "hour" : "day";
}

/** The last hours, to the minute: minutes up to the first whole hour, then hours. */
function lastHours(now: number, hours: number): Range[] {
  const to = floorTo(now, "minute") + STEPS.minute;
  const from = to - hours * STEPS.hour;
  if (hours === 1) return [{ step: "minute", from, to }];
  const whole = floorTo(from + STEPS.hour - 1, "hour");
  return [
    { step: "minute", from, to: whole },
    { step: "hour", from: whole, to },
  ];
}

function nowOf(totals: Totals, oldestWaiting: StatsNow["oldestWaiting"]): StatsNow {
  const { states, accepted, callsSucceeded: succeeded, callsFailed: failed } = totals;
  const calls = succeeded + failed;
  return { tasks: states, totals: { accepted, calls, succeeded, failed }, oldestWaiting };
}

export function summed(cells: Iterable<Cell>): Cell {
  const sum = emptyCell();
  for (const cell of cells) mergeCell(sum, cell);
  return sum;
}

export function activityOf({ counts, durations }: Cell): Activity {
  const { accepted, callsSucceeded: succeeded, callsFailed: failed, retries, exhausted } = counts;
  const calls = succeeded + failed;
  const [p50 = null, p95 = null, p99 = null] = percentiles(durations, [0.5, 0.95, 0.99]);
  const successRate = calls === 0 ? null : succeeded / calls;
  return { accepted, calls, succeeded, failed, retries, exhausted, successRate, p50, p95, p99 };
}

const errorsOf = ({ errors }: Cell): ErrorCount[] =>
  Object.entries(errors)
    .map(([errorCode, count]) => ({ errorCode, count }))
    .sort((a, b) => b.count - a.count || (a.errorCode < b.errorCode ? -1 : 1));

function* startsOf({ step, from, to }: Range): Generator<number> {
  for (let at = from; at < to; at += STEPS[step]) yield at;
}

/** The range in about {@link SPARKS} equal parts of whole steps. */
function sparksOf<T extends object>(range: Range, cells: Map<number, Cell>, pick: (cell: Cell) => T) {
  const steps = (range.to - range.from) / STEPS[range.step];
  const length = Math.max(1, Math.round(steps / SPARKS)) * STEPS[range.step];
  const parts = new Map<number, Cell>();
  for (let at = range.from; at < range.to; at += length) parts.set(at, emptyCell());
  for (const [at, cell] of cells) mergeCell(parts.get(at - ((at - range.from) % length)) as Cell, cell);
  return [...parts].map(([at, cell]) => ({ at: iso(at), ...pick(cell) }));
}

const viewOf = ({ from, to, step }: Range): StatsRange => ({ from: iso(from), to: iso(to), step });

const refusal = (field: string, message: string): BidaError =>
  new BidaError("invalid_query", undefined, { errors: [{ field, message }] });
