/**
 * Folding: what transactions counted goes into the cells and totals, and is deleted, in one transaction. Every key is
 * kept at three steps (minute, hour, day) and four widths (all, app, lane, app and lane), so whatever is asked for
 * is read as one stretch of rows.
 */
import type { Knex } from "knex";
import type { EpochMs, Millis } from "../../core/clock.ts";
import {
  ALL_APPS,
  ALL_LANES,
  type Cell,
  decodeCell,
  emptyCell,
  emptyTotals,
  encodeCell,
  floorTo,
  KEPT,
  mergeCell,
  mergeTotals,
  OTHER_LANES,
  type Step,
  sumTallies,
  type Totals,
} from "../../core/stats.ts";
import type { Database } from "../database.ts";
import { withRetries } from "../failures.ts";
import { insertMany, placeholders } from "../sql.ts";

/** Lanes that are kept apart per step; those that come later in it go to `other`. */
export const MAX_LANES = 100;
/** The same for the lanes of one app. */
export const MAX_LANES_OF_APP = 50;
/** Deltas in one fold. */
const MAX_DELTAS = 2_000;
/** Rows in one statement. */
const CHUNK = 500;

export const STEP_CODES: Step[] = ["minute", "hour", "day"];
export const stepCode = (step: Step): number => STEP_CODES.indexOf(step);

type Key = [step: number, appId: number, lane: string, at: number];

/**
 * Folds up to {@link MAX_DELTAS} deltas, unless another node has folded within `interval`.
 * @returns whether there may be more
 * @throws BidaError unavailable
 */
export async function foldStats(db: Database, now: EpochMs, interval: Millis): Promise<boolean> {
  return withRetries(async () => {
    // On an idle system that is all that happens: no transaction, no lock.
    if ((await db.knex("stats_deltas").select("id").first()) === undefined) return false;
    return db.knex.transaction(async (trx) => {
      // Its row is the lock: one node folds at a time.
      const turn = trx("stats_folds").where("id", 1).select("folded_at").first().forUpdate();
      const { folded_at: last } = await turn;
      if (last <= now && now - last < interval) return false;
      const deltas: { id: number; at: EpochMs; data: string }[] = await trx("stats_deltas")
        .select("id", "at", "data")
        .orderBy("id")
        .limit(MAX_DELTAS);
      if (deltas.length === 0) return false;
      const more = deltas.length === MAX_DELTAS;
      // With more to do, nobody has to wait for the interval.
      if (!more) await trx("stats_folds").where("id", 1).update({ folded_at: now });
      const { cells, totals } = await summed(trx, deltas);
      await addCells(trx, cells);
      await addTotals(trx, totals);
      await trx.raw(
        `DELETE FROM stats_deltas WHERE id IN ${placeholders(deltas.length)}`,
        deltas.map(({ id }) => id),
      );
      return more;
    });
  });
}

async function summed(trx: Knex, deltas: { at: EpochMs; data: string }[]) {
  const counted = sumTallies(deltas);
  const apps = [...new Set(counted.map(({ appId }) => appId))];
  const kept = new KeptApart(trx, [ALL_APPS, ...apps]);
  const cells = new Map<string, { key: Key; cell: Cell }>();
  const totals = new Map<number, Totals>();
  const add = (key: Key, cell: Cell) => {
    const id = key.join(" ");
    const sum = cells.get(id) ?? { key, cell: emptyCell() };
    mergeCell(sum.cell, cell);
    cells.set(id, sum);
  };
  for (const { at, appId, lane, cell, totals: change } of counted) {
    for (const [step, name] of STEP_CODES.entries()) {
      const start = floorTo(at, name);
      for (const app of [ALL_APPS, appId]) {
        add([step, app, ALL_LANES, start], cell);
        add([step, app, await kept.nameOf(step, app, start, lane), start], cell);
      }
    }
    for (const app of [ALL_APPS, appId]) {
      const sum = totals.get(app) ?? emptyTotals();
      mergeTotals(sum, change);
      totals.set(app, sum);
    }
  }
  return { cells: [...cells.values()], totals };
}

/** Which lanes have rows of their own in a step: the first ones. */
class KeptApart {
  readonly #trx: Knex;
  readonly #apps: number[];
  /** Per step and its beginning: app → lanes. */
  readonly #known = new Map<string, Map<number, Set<string>>>();

  constructor(trx: Knex, apps: number[]) {
    this.#trx = trx;
    this.#apps = apps;
  }

  /** The name under which a lane is kept. */
  async nameOf(step: number, appId: number, at: number, lane: string): Promise<string> {
    const lanes = (await this.#lanesOf(step, at)).get(appId) as Set<string>;
    if (!lanes.has(lane) && lanes.size >= (appId === ALL_APPS ? MAX_LANES : MAX_LANES_OF_APP))
      return OTHER_LANES;
    lanes.add(lane);
    return lane;
  }

  async #lanesOf(step: number, at: number): Promise<Map<number, Set<string>>> {
    const id = `${step} ${at}`;
    let known = this.#known.get(id);
    if (known) return known;
    const rows: { app_id: number; lane: string }[] = await this.#trx("stats_cells")
      .select("app_id", "lane")
      .where({ step, at })
      .whereIn("app_id", this.#apps)
      .whereNotIn("lane", [ALL_LANES, OTHER_LANES]);
    known = new Map(this.#apps.map((app) => [app, new Set()]));
    for (const { app_id, lane } of rows) known.get(app_id)?.add(lane);
    this.#known.set(id, known);
    return known;
  }
}

/** Reads the rows there are, adds, writes them back. Nobody else writes them: the caller has the lock. */
async function addCells(trx: Knex, cells: { key: Key; cell: Cell }[]): Promise<void> {
  for (let i = 0; i < cells.length; i += CHUNK) {
    const part = new Map(cells.slice(i, i + CHUNK).map((one) => [one.key.join(" "), one]));
    const keys = [...part.values()].map(({ key }) => key);
    const stored = await trx("stats_cells")
      .select("step", "app_id", "lane", "at", "data")
      .whereIn(["step", "app_id", "lane", "at"], keys);
    for (const { step, app_id, lane, at, data } of stored)
      mergeCell((part.get(`${step} ${app_id} ${lane} ${at}`) as { cell: Cell }).cell, decodeCell(data));
    const rows = [...part.values()].map(({ key, cell }) => {
      const { callsSucceeded, callsFailed } = cell.counts;
      return [...key, callsSucceeded + callsFailed, callsFailed, encodeCell(cell)];
    });
    const columns = ["step", "app_id", "lane", "at", "calls", "failed", "data"];
    await insertMany(trx, "stats_cells", columns, rows, "REPLACE");
  }
}

async function addTotals(trx: Knex, totals: Map<number, Totals>): Promise<void> {
  const stored = await trx("stats_totals").whereIn("app_id", [...totals.keys()]);
  for (const { app_id, data } of stored) mergeTotals(totals.get(app_id) as Totals, JSON.parse(data));
  const rows = [...totals].map(([appId, sum]) => [appId, JSON.stringify(sum)]);
  await insertMany(trx, "stats_totals", ["app_id", "data"], rows, "REPLACE");
}

/** Deletes up to `limit` cells that are older than their step is kept. @returns whether there may be more */
export async function pruneStats(db: Database, now: EpochMs, limit = 1_000): Promise<boolean> {
  let left = limit;
  const apps: { app_id: number }[] = await db.knex("stats_totals").select("app_id");
  for (const step of ["minute", "hour"] as const) {
    const before = floorTo(now, step) - KEPT[step];
    for (const { app_id } of apps) {
      const old: { lane: string; at: number }[] = await db
        .knex("stats_cells")
        .select("lane", "at")
        .where({ step: stepCode(step), app_id })
        .where("at", "<", before)
        .orderBy("at")
        .limit(left);
      if (old.length === 0) continue;
      await db
        .knex("stats_cells")
        .where({ step: stepCode(step), app_id })
        .whereIn(
          ["lane", "at"],
          old.map(({ lane, at }) => [lane, at]),
        )
        .delete();
      left -= old.length;
      if (left <= 0) return true;
    }
  }
  return false;
}
