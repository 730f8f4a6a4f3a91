/**
 * Reading statistics: the cells, and what waits to be folded into them, in one snapshot, so that nothing is missing and
 * nothing counts twice. Totals are in `overview.ts`. No query here looks at `tasks` or `attempts`.
 */
import type { Knex } from "knex";
import {
  ALL_APPS,
  ALL_LANES,
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

/** Stretches of the key in one statement. */
const PARTS_AT_ONCE = 100;

/** Beginnings of minutes; null: there was none in the range. */
export interface LastCalls {
  succeededAt: number | null;
  failedAt: number | null;
}

/** What one snapshot offers. */
export interface StatsReader {
  /** Beginning of step → cell; those in which nothing happened are missing. */
  series(key: CellKey, range: Range): Promise<Map<number, Cell>>;
  /** Lane → beginning of step → cell, of all lanes that are kept apart. */
  lanes(appId: number, range: Range): Promise<Map<string, Map<number, Cell>>>;
  /**
   * Lane → the last minutes in which a call went well, and in which one failed, within a range of hours that minutes are
   * kept for. Without what was not folded yet.
   */
  lastCalls(appId: number, range: Range): Promise<Map<string, LastCalls>>;
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
    return await db.knex.transaction(async (trx) => read(readerOf(trx)), db.driver.snapshot);
  } catch (error) {
    throw translated(error);
  }
}

function readerOf(trx: Knex): StatsReader {
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
      const rows: { lane: string; at: number; data: string }[] = await trx("stats_cells")
        .select("lane", "at", "data")
        .where({ step: stepCode(step), app_id: appId })
        .where("at", ">=", from)
        .where("at", "<", to)
        .whereNot("lane", ALL_LANES);
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

    async lastCalls(appId, { from, to }) {
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
      const parts = [...hours].flatMap(([lane, { succeededAt, failedAt }]) =>
        [...new Set([succeededAt, failedAt])].flatMap((at) => (at === null ? [] : [{ lane, at }])),
      );
      const found = new Map(hours);
      for (let i = 0; i < parts.length; i += PARTS_AT_ONCE) {
        // Each is one stretch of the key; as alternatives of one condition SQLite would read all minutes.
        const looks = parts.slice(i, i + PARTS_AT_ONCE).map(({ lane, at }) =>
          lastCallsQuery(
            trx,
            cells("minute")
              .where({ lane })
              .where("at", ">=", at)
              .where("at", "<", at + STEPS.hour)
              .groupBy("lane"),
          ),
        );
        for (const row of (await trx.unionAll(looks)) as Row[]) {
          const [lane, last] = lastCallsFromRow(row);
          const known = found.get(lane) as LastCalls;
          found.set(lane, {
            succeededAt: later(known.succeededAt, last.succeededAt),
            failedAt: later(known.failedAt, last.failedAt),
          });
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

/** The last steps of a query on cells that is grouped by lane. */
function lastCallsQuery(trx: Knex, query: Knex.QueryBuilder): Knex.QueryBuilder {
  return query
    .select("lane")
    .max({ succeeded_at: trx.raw("CASE WHEN calls > failed THEN at END") })
    .max({ failed_at: trx.raw("CASE WHEN failed > 0 THEN at END") });
}

function lastCallsFromRow({ lane, succeeded_at, failed_at }: Row): [lane: string, last: LastCalls] {
  const moment = (value: unknown) => (value === null ? null : Number(value));
  return [String(lane), { succeededAt: moment(succeeded_at), failedAt: moment(failed_at) }];
}

const lastCallsOf = async (trx: Knex, query: Knex.QueryBuilder): Promise<Map<string, LastCalls>> =>
  new Map(((await lastCallsQuery(trx, query)) as Row[]).map(lastCallsFromRow));

const later = (a: number | null, b: number | null): number | null =>
  a !== null && b !== null && b > a ? b : a;

async function readUnfolded(trx: Knex, lanes: "apart" | "together"): Promise<Counted[]> {
  const data = lanes === "apart" ? "data" : trx.raw("COALESCE(by_app, data) AS data");
  return sumTallies(await trx("stats_deltas").select("at", data), lanes);
}

function addTo(cells: Map<number, Cell>, at: number, more: Cell): void {
  const cell = cells.get(at) ?? emptyCell();
  mergeCell(cell, more);
  cells.set(at, cell);
}
