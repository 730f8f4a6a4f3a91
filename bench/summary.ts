/**
 * How long `GET /v1/stats/summary` takes with many attempts stored, and whether that depends on how many.
 *
 *   npm run bench:summary [-- --tasks 1000000] [--mysql] [--explain]
 *
 * `--explain` prints how the database goes about each statement of the summary.
 */
import { parseArgs } from "node:util";
import { millis, systemClock } from "../core/clock.ts";
import { loadConfig } from "../core/config.ts";
import { laneOf } from "../core/ids.ts";
import { ALL_APPS, emptyCell, encodeCell, floorTo, STEPS, type Step, Tally } from "../core/stats.ts";
import { MemoryDueSet } from "../due/memory.ts";
import { Statistics } from "../services/admin/statistics.ts";
import { EVERYTHING } from "../store/scope.ts";
import { insertMany } from "../store/sql.ts";
import { countTally } from "../store/stats/count.ts";
import { stepCode } from "../store/stats/fold.ts";
import { closeDatabase, freshDatabase, KINDS, outcome, storedTask } from "../test/store/fixtures.ts";
import { mariadb } from "./kit/servers.ts";
import { usageOf } from "./kit/usage.ts";

const { values } = parseArgs({
  options: {
    tasks: { type: "string", default: "1000000" },
    mysql: { type: "boolean", default: false },
    explain: { type: "boolean", default: false },
  },
});
const kind = KINDS[values.mysql ? 1 : 0];
if (!kind) throw new Error("no such database");
const count = Number(values.tasks);
const server = values.mysql ? await mariadb() : null;
if (server) process.env.TEST_MYSQL_URL = server.url;
const db = await freshDatabase(kind);
db.limit.limitMs = Number.POSITIVE_INFINITY;
const now = systemClock.now();

/** Rows of one statement while tables are filled. */
const CHUNK = 200_000;

/** Made by the server itself: a tenth pending and due, a tenth exhausted, the others delivered; one call each. */
async function fillTables(): Promise<void> {
  for (let first = 1; first <= count; first += CHUNK)
    await fillRows(first, Math.min(count, first + CHUNK - 1));
  const state = (part: number) => Math.floor(part * count);
  const states = {
    pending: state(0.1),
    succeeded: state(0.8),
    exhausted: state(0.1),
    canceled: 0,
    resolved: 0,
  };
  const totals = { states, accepted: count, callsSucceeded: state(0.8), callsFailed: state(0.2) };
  const rows = [ALL_APPS, 1].map((app) => [app, JSON.stringify(totals)]);
  await insertMany(db.knex, "stats_totals", ["app_id", "data"], rows, "REPLACE");
}

async function fillRows(first: number, last: number): Promise<void> {
  const sqlite = kind?.dialect === "sqlite";
  const numbers = sqlite
    ? `(WITH RECURSIVE c(seq) AS (SELECT ${first} UNION ALL SELECT seq + 1 FROM c WHERE seq < ${last}) SELECT seq FROM c) s`
    : `seq_${first}_to_${last} s`;
  const hex = sqlite ? "printf('%012x', seq)" : "LPAD(HEX(seq), 12, '0')";
  const text = sqlite ? `${hex} || '70008000000000000000'` : `CONCAT(${hex}, '70008000000000000000')`;
  const id = `UNHEX(${text})`;
  await db.knex.raw(`INSERT INTO tasks (task_id, app_id, state, call_count, manual_calls, limit_call_count, next_call_at,
      created_at, updated_at, lane, url, request_method, retry, timeout_ms)
    SELECT ${id}, seq % 5, CASE seq % 10 WHEN 0 THEN 0 WHEN 1 THEN 2 ELSE 1 END, 1, 0, 3,
      CASE WHEN seq % 10 = 0 THEN ${now} - seq END, ${now} - seq, ${now}, 'lane', 'http://a/', 'POST', '{}', 1000
    FROM ${numbers}`);
  await db.knex.raw(`INSERT INTO attempts (task_id, n, started_at, duration_ms, succeeded, status_code,
      response_truncated, node)
    SELECT ${id}, 1, ${now} - seq, 20, CASE WHEN seq % 10 < 2 THEN 0 ELSE 1 END, 200, 0, 'node' FROM ${numbers}`);
}

/** As many cells as there can be for all apps and for one: 100 lanes, for as long as each step is kept. */
async function fillCells(): Promise<number> {
  const cell = emptyCell();
  cell.counts.callsSucceeded = 900;
  cell.counts.callsFailed = 100;
  cell.errors = { timeout: 50, bad_status: 50 };
  for (let bucket = 20; bucket < 60; bucket++) cell.durations[bucket] = 25;
  const data = encodeCell(cell);
  const lanes = ["", ...Array.from({ length: 100 }, (_, i) => laneOf(`http://h${i}`))];
  const spans: [Step, number][] = [
    ["minute", 48 * 60],
    ["hour", 60 * 24],
    ["day", 100],
  ];
  let rows: unknown[][] = [];
  let total = 0;
  const columns = ["step", "app_id", "lane", "at", "calls", "failed", "data"];
  const flush = async () => {
    total += rows.length;
    await insertMany(db.knex, "stats_cells", columns, rows);
    rows = [];
  };
  for (const [step, length] of spans)
    for (const appId of [ALL_APPS, 1])
      for (const lane of lanes) {
        for (let i = 0; i < length; i++) {
          rows.push([stepCode(step), appId, lane, floorTo(now, step) - i * STEPS[step], 1000, 100, data]);
          if (rows.length === 2_000) await flush();
        }
      }
  await flush();
  return total;
}

/** What a second of 200 transactions, 20 outcomes in each, leaves to be folded. */
async function fillDeltas(): Promise<void> {
  for (let i = 0; i < 200; i++) {
    const tally = new Tally();
    for (let k = 0; k < 20; k++) {
      const task = storedTask({ appId: k % 3, lane: laneOf(`http://h${(i + k) % 100}`) });
      tally.attempt(task.appId, task.lane, outcome(task, 1, "succeeded").attempt as never);
      tally.transition({ ...task, from: "pending", to: "succeeded" });
    }
    await countTally(db.knex, now, tally);
  }
}

await fillTables();
const cells = await fillCells();
await fillDeltas();
if (kind.dialect === "mysql") await db.knex.raw("ANALYZE TABLE stats_cells, tasks, attempts");

const due = new MemoryDueSet(systemClock, { leaseMs: millis(10_000), window: 256 });
const took: Record<string, number[]> = {};
async function measure(name: string, times: number, run: () => Promise<unknown>): Promise<void> {
  took[name] = [];
  const cpu = process.cpuUsage();
  const serverCpu = server && usageOf(server.pid).cpuS;
  for (let i = 0; i < times; i++) {
    const startedAt = performance.now();
    await run();
    took[name].push(performance.now() - startedAt);
  }
  const { user, system } = process.cpuUsage(cpu);
  const busy = (user + system) / 1000 / times;
  const sorted = took[name].toSorted((a, b) => a - b);
  const at = (part: number) => (sorted[Math.floor(part * (sorted.length - 1))] as number).toFixed(1);
  const own = `CPU of this process ${busy.toFixed(1)} ms`;
  const cost = server ? ((usageOf(server.pid).cpuS - (serverCpu ?? 0)) * 1000) / times : 0;
  console.log(
    `  ${name.padEnd(34)} median ${at(0.5)} ms, p95 ${at(0.95)} ms, max ${at(1)} ms; ${own}${
      server ? `, of the server ${cost.toFixed(1)} ms` : ""
    }`,
  );
}

/** The plans of the statements that `run` makes. */
async function explain(run: () => Promise<unknown>): Promise<void> {
  const made: { sql: string; bindings?: unknown[] }[] = [];
  const note = (query: { sql: string; bindings?: unknown[] }) => void made.push(query);
  db.knex.on("query", note);
  await run();
  db.knex.removeListener("query", note);
  const verb = kind?.dialect === "sqlite" ? "EXPLAIN QUERY PLAN" : "EXPLAIN";
  for (const { sql, bindings = [] } of made.filter((one) => /^select/i.test(one.sql))) {
    const answer = await db.knex.raw(`${verb} ${sql}`, bindings as string[]);
    console.log(sql);
    console.table(db.driver.rowsOf(answer));
  }
}

console.log(`${kind.name}: ${count} tasks, ${count} attempts, ${cells} cells, 200 deltas`);
const statistics = new Statistics({ db, due, clock: systemClock, config: loadConfig({}) });
const iso = (ago: number) => new Date(systemClock.now() - ago).toISOString();
await measure("now (one tick)", 300, () => statistics.now(EVERYTHING));
await measure("summary", 300, () => statistics.summary(EVERYTHING));
await measure("summary, lists not remembered", 50, () =>
  new Statistics({ db, due, clock: systemClock, config: loadConfig({}) }).summary(EVERYTHING),
);
await measure("summary of an app", 300, () => statistics.summary({ appId: 1 }));
await measure("series, 1440 minutes", 20, () =>
  statistics.series(EVERYTHING, { step: "minute", from: iso(STEPS.day - 60_000), to: iso(0) }),
);
await measure("destinations, 24 hours", 20, () =>
  statistics.destinations(EVERYTHING, { from: iso(STEPS.day - 60_000), to: iso(0) }),
);
if (values.explain) {
  for (const scope of [EVERYTHING, { appId: 1 }])
    await explain(() =>
      new Statistics({ db, due, clock: systemClock, config: loadConfig({}) }).summary(scope),
    );
}
await due.close();
await closeDatabase(db);
await server?.stop();
process.exit();
