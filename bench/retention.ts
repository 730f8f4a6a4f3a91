/**
 * `npm run bench:retention [-- --rows 1000000 --rate 200 --seconds 60]`: what pruning does to callers. A MariaDB of our
 * own is filled with finished tasks of 40 days ago; tasks are accepted at a steady rate, in turns with and without pruning under
 * way. Callers and sweeper share this process, as they share a scheduler node.
 */
import { setTimeout as pause } from "node:timers/promises";
import { parseArgs } from "node:util";
import type { Logger } from "moleculer";
import { hours, systemClock } from "../core/clock.ts";
import { loadConfig } from "../core/config.ts";
import { parseTask } from "../core/parse-task.ts";
import { Acceptance } from "../services/scheduler/acceptance.ts";
import { Sweeper } from "../services/scheduler/sweeper.ts";
import { closeDatabase, type Database, openDatabase } from "../store/database.ts";
import { migrate } from "../store/migrate.ts";
import { createDatabase, start as startMariadb } from "../test/servers/mariadb.ts";
import { quantile } from "./quantile.ts";

/** Rows per statement. */
const CHUNK = 10_000;
const SLICE_S = 5;
const SILENT = { info() {}, warn: console.warn } as unknown as Logger;

const { values } = parseArgs({
  options: {
    rows: { type: "string", default: "1000000" },
    rate: { type: "string", default: "200" },
    seconds: { type: "string", default: "60" },
  },
});
const [rows, rate, duration] = [Number(values.rows), Number(values.rate), Number(values.seconds)];
if (!(rows >= CHUNK && rate >= 1 && duration >= 1)) {
  console.error(`usage: npm run bench:retention -- [--rows 1000000] [--rate 200] [--seconds 60]`);
  process.exit(2);
}
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(130));

const server = await startMariadb();
const db = openDatabase({ databaseUrl: await createDatabase(server), dataDir: "" });
try {
  await migrate(db);
  await fill(db);
  await measure(db);
} finally {
  await closeDatabase(db);
  await server.stop();
}

/** Tasks that succeeded with one call each, made by the server itself: a million in about a minute. */
async function fill(to: Database): Promise<void> {
  const startedAt = performance.now();
  const created = Date.now() - hours(24 * 40);
  const digit =
    "(SELECT 0 d UNION SELECT 1 UNION SELECT 2 UNION SELECT 3 UNION SELECT 4 UNION SELECT 5 UNION SELECT 6 UNION SELECT 7 UNION SELECT 8 UNION SELECT 9)";
  const numbers = `(SELECT a.d + 10 * b.d + 100 * c.d + 1000 * e.d AS n FROM ${digit} a, ${digit} b, ${digit} c, ${digit} e ORDER BY n)`;
  // Shaped as a UUIDv7: the time first.
  const id = "UNHEX(CONCAT(LPAD(HEX(? + n * 60), 12, '0'), '70008000', LPAD(HEX(? + n), 12, '0')))";
  for (let first = 0; first < rows; first += CHUNK) {
    const since = created + first * 60;
    await to.knex.raw(
      `INSERT INTO tasks (task_id, app_id, state, call_count, manual_calls, limit_call_count, created_at, updated_at,
         finished_at, lane, url, request_method, request_param, retry, timeout_ms)
       SELECT ${id}, 0, 1, 1, 0, 3, ? + n * 60, ? + n * 60, ? + n * 60, 'lane-of-ben', 'https://target.example/orders', 'POST',
         CONCAT('{"order":', n, ',"note":"', REPEAT('x', 200), '"}'), '{"strategy":"fixed","delayMs":60000}', 10000
       FROM ${numbers} AS numbers`,
      [since, first, since, since, since],
    );
    await to.knex.raw(
      `INSERT INTO attempts (task_id, n, started_at, duration_ms, succeeded, status_code, response_headers,
         response_body, response_truncated, node)
       SELECT ${id}, 1, ? + n * 60, 12, 1, 200, '{"content-type":"application/json"}', REPEAT('y', 200), 0, 'node-1'
       FROM ${numbers} AS numbers`,
      [since, first, since],
    );
  }
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(0);
  console.log(`${rows} finished tasks with an attempt each, filled in ${seconds} s`);
}

/** Everything takes the usual way. */
const NO_HANDOVER = { choose: () => undefined, giveUp: () => undefined };

/** Slices with and without pruning take turns, so whatever else the machine does weighs on both. */
async function measure(on: Database): Promise<void> {
  const config = loadConfig({});
  const acceptance = new Acceptance({ db: on, clock: systemClock, config }, NO_HANDOVER, () => undefined);
  await accepting(acceptance, SLICE_S);
  const quiet: number[] = [];
  const pruning: number[] = [];
  const before = await tasksLeft(on);
  let tookMs = 0;
  for (let slice = 0; slice < duration / SLICE_S; slice++) {
    quiet.push(...(await accepting(acceptance, SLICE_S)));
    const sweeper = new Sweeper({ db: on, clock: systemClock, config }, SILENT);
    const startedAt = performance.now();
    const swept = sweeper.sweep();
    pruning.push(...(await accepting(acceptance, SLICE_S)));
    await sweeper.stop();
    await swept;
    tookMs += performance.now() - startedAt;
  }
  const pruned = before - (await tasksLeft(on));
  const speed = Math.round((pruned / tookMs) * 1000);
  console.log(`\n${rate} tasks accepted per second; time until the id is returned (ms)`);
  console.log(["", "tasks", "p50", "p95", "p99", "max"].map((name, i) => name.padStart(i ? 9 : 16)).join(""));
  report("without pruning", quiet);
  report("with pruning", pruning);
  console.log(`\npruned ${pruned} tasks in ${Math.round(tookMs / 1000)} s: ${speed} per second`);
}

/** Hands tasks in at the rate, whatever the answers take. @returns how long each took, in ms */
async function accepting(acceptance: Acceptance, seconds: number): Promise<number[]> {
  const answers: Promise<number>[] = [];
  const origin = { appId: 0, sourceIp: null, api: "rest" } as const;
  const checked = parseTask(
    '{"url":"https://target.example/","requestMethod":"POST","requestParam":{"a":1},"limitCallCount":3}',
    systemClock.now(),
  );
  const startedAt = performance.now();
  for (let i = 0; i < rate * seconds; i++) {
    // From the moment at which it should have been handed in: a stall counts for all that it holds up.
    const at = startedAt + (i / rate) * 1000;
    const early = at - performance.now();
    if (early > 0) await pause(early);
    answers.push(acceptance.accept(checked, origin).then(() => performance.now() - at));
  }
  return Promise.all(answers);
}

async function tasksLeft(on: Database): Promise<number> {
  return Number((await on.knex("tasks").where("state", 1).count({ n: "*" }))[0]?.n);
}

function report(name: string, times: number[]): void {
  const sorted = times.toSorted((a, b) => a - b);
  const figures = [0.5, 0.95, 0.99, 1].map((q) => quantile(sorted, q).toFixed(2).padStart(9));
  console.log(`${name.padStart(16)}${String(sorted.length).padStart(9)}${figures.join("")}`);
}
