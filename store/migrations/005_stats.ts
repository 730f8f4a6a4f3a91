/**
 * Statistics: what transactions counted (`stats_deltas`), summed up per stretch of time (`stats_cells`) and for ever
 * (`stats_totals`). What the tables hold already is counted once, here, into the totals. Attempts get the index that
 * lists them by time.
 */
import type { Knex } from "knex";
import { addIndex } from "./add-index.ts";
import { createTable } from "./create-table.ts";

export const name = "005_stats";

export async function up(knex: Knex): Promise<void> {
  await createTable(knex, "stats_deltas", (table) => {
    table.bigIncrements("id");
    table.bigInteger("at").notNullable();
    table.text("data", "mediumtext").notNullable().comment("Tally of core/stats.ts");
  });
  await createTable(knex, "stats_cells", (table) => {
    table.tinyint("step").notNullable().comment("index in STEPS: minute, hour, day");
    table.integer("app_id").notNullable().comment("-1: all");
    table.string("lane", 11).notNullable().comment("empty: all; other: those not kept apart");
    table.bigInteger("at").notNullable().comment("beginning of the step");
    table.bigInteger("calls").notNullable();
    table.bigInteger("failed").notNullable();
    table.text("data", "mediumtext").notNullable().comment("Cell of core/stats.ts");
    // A series is one stretch of the key; all lanes of a time one of the index.
    table.primary(["step", "app_id", "lane", "at"]);
    table.index(["step", "app_id", "at"], "stats_cells_at");
  });
  await createTable(knex, "stats_totals", (table) => {
    table.integer("app_id").notNullable().primary().comment("-1: all");
    table.text("data").notNullable().comment("Totals of core/stats.ts");
  });
  await addIndex(knex, "attempts", ["started_at", "task_id", "n"], "attempts_started");
  // The last step: its one row says that the tables were counted.
  await createTable(knex, "stats_folds", (table) => {
    table.tinyint("id").notNullable().primary();
    table.bigInteger("folded_at").notNullable();
  });
  if (await knex("stats_folds").first()) return;
  await knex.transaction(async (trx) => {
    await trx("stats_deltas").delete();
    await trx("stats_totals").delete();
    await trx("stats_cells").delete();
    const totals = await countTables(trx);
    if (totals.length > 0) await trx("stats_totals").insert(totals);
    await trx("stats_folds").insert({ id: 1, folded_at: 0 });
  });
}

const STATES = ["pending", "succeeded", "exhausted", "canceled", "resolved"];

/** Rows of `stats_totals` for what is stored. */
async function countTables(trx: Knex): Promise<{ app_id: number; data: string }[]> {
  type Row = Record<string, unknown>;
  const tasks: Row[] = await trx("tasks")
    .select("app_id", "state")
    .count({ n: "*" })
    .groupBy("app_id", "state");
  const calls: Row[] = await trx("attempts as a")
    .join("tasks as t", "t.task_id", "a.task_id")
    .select("t.app_id", "a.succeeded")
    .count({ n: "*" })
    .groupBy("t.app_id", "a.succeeded");
  const apps = new Set(tasks.map((row) => Number(row.app_id)));
  const sum = (rows: Row[], fits: (row: Row) => boolean) =>
    rows.filter(fits).reduce((total, row) => total + Number(row.n), 0);
  return (apps.size > 0 ? [-1, ...apps] : []).map((app) => {
    const own = (row: Row) => app === -1 || row.app_id === app;
    const states = STATES.map((state, i) => [state, sum(tasks, (row) => own(row) && row.state === i)]);
    const data = {
      states: Object.fromEntries(states),
      accepted: sum(tasks, own),
      callsSucceeded: sum(calls, (row) => own(row) && Boolean(row.succeeded)),
      callsFailed: sum(calls, (row) => own(row) && !row.succeeded),
    };
    return { app_id: app, data: JSON.stringify(data) };
  });
}
