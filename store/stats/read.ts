/**
 * Reading statistics: the cells, and what waits to be folded into them, in one snapshot, so nothing is missing and
 * nothing counts twice. Totals are in `overview.ts`. No query here looks at `tasks` or `attempts`.
 */
import type { Knex } from "knex";
import {
  ALL_APPS,
  ALL_LANES,
  addEncoded,
  type Cell,
  type CellKey,
  type Counted,
  decodeCell,
  emptyCell,
  floorTo,
  mergeCell,
  STEPS,
  type Step,
  sumTallies,
} from "../../core/stats.ts";
import type { Database } from "../database.ts";
import { translated } from "../failures.ts";
import type { Row } from "../rows.ts";
import { stepCode } from "./fold.ts";

/** A stretch of time; `to` is excluded. Both are beginnings of a step. */
export interface Range {
  step: Step;
  from: number;
  to: number;
}

/** Looks in one statement. */
const LOOKS_AT_ONCE = 100;

/** Beginnings of minutes; null: there was none in the range. */
export interface LastCalls {
  succeededAt: number | null;
  failedAt: number | null;
}

/** What a lane came to in a range. */
export interface LaneSum {
  all: Cell;
  /** The part of it since a moment. */
  recent: Cell;
  /** Beginning of step → its calls. */
  steps: Map<number, { calls: number; failed: number }>;
}

/** What one snapshot offers. */
export interface StatsReader {
  /** Beginning of step → cell; those in which nothing happened are missing. */
  series(key: CellKey, range: Range): Promise<Map<number, Cell>>;
  /** Lane → beginning of step → cell, of all lanes that are kept apart. */
  lanes(appId: number, range: Range): Promise<Map<string, Map<number, Cell>>>;
  /** The same summed up as it is read, which takes half the time. @param recent from here on also for itself */
  laneSums(appId: number, range: Range, recent: number): Promise<Map<string, LaneSum>>;
  /**
   * Lane → the last minutes in which a call went well, and in which one failed, within a range of hours that minutes are
   * kept for. Without what was not folded yet.
   * @param known what need not be looked for
   */
  lastCalls(
    appId: number,
    range: Range,
    known?: ReadonlyMap<string, LastCalls>,
  ): Promise<Map<string, LastCalls>>;
  /** Who handed over what a lane was called for: app → calls. Without what was not folded yet. */
  callers(lane: string, range: Range): Promise<Map<number, { calls: number; failed: number }>>;
  /** The lanes with most failed calls. Without what was not folded yet. */
  failing(
    appId: number,
    range: Range,
    limit: number,
  ): Promise<{ lane: string; calls: number; failed: number }[]>;
}

/** @throws BidaError unavailable */
export async function readStats<T>(db: Database, read: (reader: StatsReader) => Promise<T>): Promise<T> {
  try {
    return await db.knex.transaction(
      async (trx) => read(readerOf(trx, db.driver.rowsOf)),
      db.driver.snapshot,
    );
  } catch (error) {
    throw translated(error);
  }
}

function readerOf(trx: Knex, rowsOf: Database["driver"]["rowsOf"]): StatsReader {
  const read: Partial<Record<"apart" | "together", Promise<Counted[]>>> = {};
  const unfolded = (lanes: "apart" | "together") => {
    read[lanes] ??= readUnfolded(trx, lanes);
    return read[lanes];
  };
  return {
    async series({ appId, lane }, { step, from, to }) {
      const rows: { at: number; data: string }[] = await trx("stats_cells")
        .select("at", "data")
        .where({ step: stepCode(step), app_id: appId, lane })
        .where("at", ">=", from)
        .where("at", "<", to);
      const cells = new Map(rows.map(({ at, data }) => [at, decodeCell(data)]));
      for (const entry of await unfolded(lane === ALL_LANES ? "together" : "apart")) {
        const at = floorTo(entry.at, step);
        const fits =
          (appId === ALL_APPS || entry.appId === appId) && (lane === ALL_LANES || entry.lane === lane);
        if (fits && at >= from && at < to) addTo(cells, at, entry.cell);
      }
      return cells;
    },

    async lanes(appId, { step, from, to }) {
      const rows = await rowsOfLanes(trx, appId, { step, from, to });
      const lanes = new Map<string, Map<number, Cell>>();
      const cellsOf = (lane: string) => {
        const cells = lanes.get(lane) ?? new Map<number, Cell>();
        lanes.set(lane, cells);
        return cells;
      };
      for (const { lane, at, data } of rows) cellsOf(lane).set(at, decodeCell(data));
      for (const entry of await unfolded("apart")) {
        const at = floorTo(entry.at, step);
        if ((appId === ALL_APPS || entry.appId === appId) && at >= from && at < to)
          addTo(cellsOf(entry.lane), at, entry.cell);
      }
      return lanes;
    },

    async laneSums(appId, range, recent) {
      const sums = new Map<string, LaneSum>();
      const sumOf = (lane: string) => {
        const sum = sums.get(lane) ?? { all: emptyCell(), recent: emptyCell(), steps: new Map() };
        sums.set(lane, sum);
        return sum;
      };
      const count = ({ steps }: LaneSum, at: number, calls: number, failed: number) => {
        const known = steps.get(at);
        steps.set(at, { calls: calls + (known?.calls ?? 0), failed: failed + (known?.failed ?? 0) });
      };
      for (const { lane, at, calls, failed, data } of await rowsOfLanes(trx, appId, range)) {
        const sum = sumOf(lane);
        addEncoded(sum.all, data);
        if (at >= recent) addEncoded(sum.recent, data);
        count(sum, at, calls, failed);
      }
      for (const entry of await unfolded("apart")) {
        const at = floorTo(entry.at, range.step);
        if ((appId !== ALL_APPS && entry.appId !== appId) || at < range.from || at >= range.to) continue;
        const sum = sumOf(entry.lane);
        mergeCell(sum.all, entry.cell);
        if (at >= recent) mergeCell(sum.recent, entry.cell);
        const { callsSucceeded, callsFailed } = entry.cell.counts;
        count(sum, at, callsSucceeded + callsFailed, callsFailed);
      }
      return sums;
    },

    async lastCalls(appId, { from, to }, known = new Map()) {
      const cells = (step: Step) => trx("stats_cells").where({ step: stepCode(step), app_id: appId });
      // By hours first: minutes are sixty times as many rows, of which all but one or two hours of a lane are not looked at.
      const hours = await lastCallsOf(
        trx,
        cells("hour")
          .where("at", ">=", from)
          .where("at", "<", to)
          .whereNot("lane", ALL_LANES)
          .groupBy("lane"),
      );
      const found = new Map([...hours.keys()].map((lane) => [lane, { ...NEVER, ...known.get(lane) }]));
      const looks = [...hours].flatMap(([lane, hour]) =>
        ENDS.flatMap((end) => {
          const at = hour[end];
          return at === null || found.get(lane)?.[end] !== null ? [] : [{ lane, end, at }];
        }),
      );
      for (let i = 0; i < looks.length; i += LOOKS_AT_ONCE) {
        const part = looks.slice(i, i + LOOKS_AT_ONCE);
        const text = part.map(({ end }, nth) => lookFor(end, nth)).join(" UNION ALL ");
        const values = part.flatMap(({ lane, at }) => [stepCode("minute"), appId, lane, at, at + STEPS.hour]);
        for (const { nth, at } of rowsOf(await trx.raw(text, values))) {
          const { lane, end } = part[Number(nth)] as (typeof part)[number];
          (found.get(lane) as LastCalls)[end] = Number(at);
        }
      }
      return found;
    },

    async callers(lane, { step, from, to }) {
      // The key begins with the app: each is looked up for itself.
      const apps: number[] = await trx("stats_totals").where("app_id", ">=", 0).pluck("app_id");
      const rows: Record<string, unknown>[] = await trx("stats_cells")
        .select("app_id")
        .sum({ all_calls: "calls", all_failed: "failed" })
        .where({ step: stepCode(step), lane })
        .whereIn("app_id", apps)
        .where("at", ">=", from)
        .where("at", "<", to)
        .groupBy("app_id");
      return new Map(
        rows.map((row) => [
          Number(row.app_id),
          { calls: Number(row.all_calls), failed: Number(row.all_failed) },
        ]),
      );
    },

    async failing(appId, { step, from, to }, limit) {
      const rows: Record<string, unknown>[] = await trx("stats_cells")
        .select("lane")
        .sum({ all_calls: "calls", all_failed: "failed" })
        .where({ step: stepCode(step), app_id: appId })
        .where("at", ">=", from)
        .where("at", "<", to)
        .whereNot("lane", ALL_LANES)
        .groupBy("lane")
        .havingRaw("SUM(failed) > 0")
        .orderBy([{ column: "all_failed", order: "desc" }, { column: "lane" }])
        .limit(limit);
      return rows.map((row) => ({
        lane: String(row.lane),
        calls: Number(row.all_calls),
        failed: Number(row.all_failed),
      }));
    },
  };
}

/** Rows of all lanes that are kept apart. */
const rowsOfLanes = (
  trx: Knex,
  appId: number,
  { step, from, to }: Range,
): Promise<{ lane: string; at: number; calls: number; failed: number; data: string }[]> =>
  trx("stats_cells")
    .select("lane", "at", "calls", "failed", "data")
    .where({ step: stepCode(step), app_id: appId })
    .where("at", ">=", from)
    .where("at", "<", to)
    .whereNot("lane", ALL_LANES)
    .then((rows) => rows);

const ENDS = ["succeededAt", "failedAt"] as const;
const NEVER: LastCalls = { succeededAt: null, failedAt: null };
/** What a step of calls that ended so holds. */
const HOLDS = { succeededAt: "calls > failed", failedAt: "failed > 0" };

/**
 * The last minute of a lane's hour in which calls ended so: backwards along a stretch of the key, up to the first that fits. As
 * one condition with alternatives SQLite would read all minutes.
 */
const lookFor = (end: keyof LastCalls, nth: number): string =>
  `SELECT * FROM (SELECT ${nth} AS nth, at FROM stats_cells
    WHERE step = ? AND app_id = ? AND lane = ? AND at >= ? AND at < ? AND ${HOLDS[end]} ORDER BY at DESC LIMIT 1) AS one`;

async function lastCallsOf(trx: Knex, query: Knex.QueryBuilder): Promise<Map<string, LastCalls>> {
  const rows: Row[] = await query
    .select("lane")
    .max({ succeeded_at: trx.raw(`CASE WHEN ${HOLDS.succeededAt} THEN at END`) })
    .max({ failed_at: trx.raw(`CASE WHEN ${HOLDS.failedAt} THEN at END`) });
  const moment = (value: unknown) => (value === null ? null : Number(value));
  return new Map(
    rows.map(({ lane, succeeded_at, failed_at }) => [
      String(lane),
      { succeededAt: moment(succeeded_at), failedAt: moment(failed_at) },
    ]),
  );
}

async function readUnfolded(trx: Knex, lanes: "apart" | "together"): Promise<Counted[]> {
  const data = lanes === "apart" ? "data" : trx.raw("COALESCE(by_app, data) AS data");
  return sumTallies(await trx("stats_deltas").select("at", data), lanes);
}

function addTo(cells: Map<number, Cell>, at: number, more: Cell): void {
  const cell = cells.get(at) ?? emptyCell();
  mergeCell(cell, more);
  cells.set(at, cell);
}
