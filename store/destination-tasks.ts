/**
 * The tasks of one destination, counted. No index knows destinations: one more would cost every task that is accepted and
 * recorded, so a short look at the tasks of a state is taken instead, and it is said that it was short.
 */
import { type EpochMs, epochMs } from "../core/clock.ts";
import type { Lane } from "../core/ids.ts";
import { type Database, forSearch } from "./database.ts";
import { reading } from "./failures.ts";
import { type Row, stateCode } from "./rows.ts";

/** Tasks of one state that are looked at, of all destinations. */
const LOOK = 20_000;

export interface LookedTasks {
  count: number;
  /** The look ended before the tasks did: there may be more. */
  atLeast: boolean;
}

export interface MissedTasks extends LookedTasks {
  /** When the first and the last of them was accepted; null where there are none. */
  firstCreatedAt: EpochMs | null;
  lastCreatedAt: EpochMs | null;
}

/** Open tasks of a lane, among those that are due first. */
export async function countOpen(db: Database, lane: Lane): Promise<LookedTasks> {
  const { knex } = forSearch(db);
  const looked = knex("tasks")
    .select("lane")
    .where("state", stateCode("pending"))
    .orderBy("next_call_at")
    .limit(LOOK);
  const row = await reading(
    knex(looked.as("looked")).first(
      knex.raw("COUNT(*) AS seen, SUM(CASE WHEN lane = ? THEN 1 ELSE 0 END) AS found", [lane]),
    ),
  );
  return { count: Number(row?.found ?? 0), atLeast: Number(row?.seen) >= LOOK };
}

/** Open tasks of all lanes, among those that are due first; lanes without any are missing. */
export async function openPerLane(db: Database): Promise<{ counts: Map<Lane, number>; atLeast: boolean }> {
  const { knex } = forSearch(db);
  const looked = knex("tasks")
    .select("lane")
    .where("state", stateCode("pending"))
    .orderBy("next_call_at")
    .limit(LOOK);
  const rows = await reading<Row[]>(
    knex(looked.as("looked")).select("lane").count({ n: "*" }).groupBy("lane").orderBy("n", "desc"),
  );
  const counts = new Map(rows.map(({ lane, n }) => [lane as Lane, Number(n)]));
  return { counts, atLeast: [...counts.values()].reduce((sum, n) => sum + n, 0) >= LOOK };
}

/**
 * Exhausted tasks of a lane, among the newest; and those of them that ended in a stretch of time.
 * @param missed the stretch, `to` excluded; null: nobody asks
 */
export async function countExhausted(
  db: Database,
  lane: Lane,
  missed: { from: EpochMs; to: EpochMs } | null,
): Promise<{ all: LookedTasks; missed: MissedTasks }> {
  const { knex } = forSearch(db);
  const looked = knex("tasks")
    .select("lane", "created_at", "finished_at")
    .where("state", stateCode("exhausted"))
    .orderBy([
      { column: "created_at", order: "desc" },
      { column: "task_id", order: "desc" },
    ])
    .limit(LOOK);
  const inside = "lane = ? AND finished_at >= ? AND finished_at < ?";
  const values = [lane, missed?.from ?? 0, missed?.to ?? 0];
  const row = await reading(
    knex(looked.as("looked")).first(
      knex.raw(
        `COUNT(*) AS seen,
         SUM(CASE WHEN lane = ? THEN 1 ELSE 0 END) AS found,
         SUM(CASE WHEN ${inside} THEN 1 ELSE 0 END) AS missed,
         MIN(CASE WHEN ${inside} THEN created_at END) AS first_created,
         MAX(CASE WHEN ${inside} THEN created_at END) AS last_created`,
        [lane, ...values, ...values, ...values],
      ),
    ),
  );
  const atLeast = Number(row?.seen) >= LOOK;
  const moment = (value: unknown) => (value === null || value === undefined ? null : epochMs(Number(value)));
  return {
    all: { count: Number(row?.found ?? 0), atLeast },
    missed: {
      count: Number(row?.missed ?? 0),
      atLeast,
      firstCreatedAt: moment(row?.first_created),
      lastCreatedAt: moment(row?.last_created),
    },
  };
}
