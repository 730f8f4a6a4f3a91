/**
 * The numbers of the summary, read by one statement: one round trip, and one snapshot without a transaction around it.
 * Like `read.ts` it looks at the cells and totals and at what waits to be folded, never at `tasks` or `attempts`.
 */
import {
  ALL_APPS,
  ALL_LANES,
  addEncoded,
  type Cell,
  emptyCell,
  emptyTotals,
  floorTo,
  mergeCell,
  mergeTotals,
  sumTallies,
  type Totals,
} from "../../core/stats.ts";
import type { Database } from "../database.ts";
import { reading } from "../failures.ts";
import { stepCode } from "./fold.ts";
import type { Range } from "./read.ts";

export interface Overview {
  totals: Totals;
  /** One for each period that was asked for: all lanes and all of its ranges summed up. */
  periods: Cell[];
}

/** What a row of the statement belongs to; ranges are numbered from 0. */
const TOTALS = -2;
const DELTA = -1;

/**
 * @param periods ranges of each; those of one must not overlap
 * @throws BidaError unavailable
 */
export async function readOverview(db: Database, appId: number, periods: Range[][]): Promise<Overview> {
  const ranges = periods.flatMap((list, period) => list.map((range) => ({ ...range, period })));
  const texts = [
    `SELECT ${TOTALS} AS part, 0 AS at, data FROM stats_totals WHERE app_id = ?`,
    `SELECT ${DELTA}, at, COALESCE(by_app, data) FROM stats_deltas`,
    ...ranges.map(
      (_, i) =>
        `SELECT ${i}, at, data FROM stats_cells WHERE step = ? AND app_id = ? AND lane = ? AND at >= ? AND at < ?`,
    ),
  ];
  const values = ranges.flatMap(({ step, from, to }) => [stepCode(step), appId, ALL_LANES, from, to]);
  const answer = await reading(db.knex.raw(texts.join(" UNION ALL "), [appId, ...values]));

  const totals = emptyTotals();
  const cells = periods.map(emptyCell);
  const deltas: { at: number; data: string }[] = [];
  for (const { part, at, data } of db.driver.rowsOf(answer) as { part: number; at: number; data: string }[]) {
    if (part === TOTALS) mergeTotals(totals, JSON.parse(data) as Totals);
    else if (part === DELTA) deltas.push({ at, data });
    else addEncoded(cells[(ranges[part] as { period: number }).period] as Cell, data);
  }
  for (const counted of sumTallies(deltas, "together")) {
    if (appId !== ALL_APPS && counted.appId !== appId) continue;
    mergeTotals(totals, counted.totals);
    for (const { period, step, from, to } of ranges) {
      const at = floorTo(counted.at, step);
      if (at >= from && at < to) mergeCell(cells[period] as Cell, counted.cell);
    }
  }
  return { totals, periods: cells };
}
