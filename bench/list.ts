/**
 * How long pages of `GET /v1/tasks` take with many tasks stored, with and without filters: what the console's list asks.
 *
 *   node bench/list.ts [--tasks 1000000] [--mysql]
 */
import { parseArgs } from "node:util";
import { type EpochMs, systemClock } from "../core/clock.ts";
import { laneOf } from "../core/ids.ts";
import { listTasks, type TaskOrder } from "../store/list-tasks.ts";
import type { TaskFilter } from "../store/read.ts";
import { EVERYTHING } from "../store/scope.ts";
import { closeDatabase, freshDatabase, KINDS } from "../test/store/fixtures.ts";
import { quantile } from "./quantile.ts";

const { values } = parseArgs({
  options: {
    tasks: { type: "string", default: "1000000" },
    mysql: { type: "boolean", default: false },
  },
});
const kind = KINDS[values.mysql ? 1 : 0];
if (!kind) throw new Error("no such database");
const count = Number(values.tasks);
const db = await freshDatabase(kind);
const now = systemClock.now();
/** The tasks came evenly over a month. */
const GAP = Math.max(1, Math.floor((30 * 86_400_000) / count));
const PAGE = 50;
const TIMES = 20;

/** 1 % wait, 0.1 % are exhausted, 0.1 % canceled, the others succeeded. One app of ten sends, one task in 10,000 is of a rare one. */
async function fillTables(): Promise<void> {
  const sqlite = kind?.dialect === "sqlite";
  const numbers = sqlite
    ? `(WITH RECURSIVE c(seq) AS (SELECT 1 UNION ALL SELECT seq + 1 FROM c WHERE seq < ${count}) SELECT seq FROM c) s`
    : `seq_1_to_${count} s`;
  const join = (...parts: string[]) => (sqlite ? parts.join(" || ") : `CONCAT(${parts})`);
  const at = `${now} - (${count} - seq) * ${GAP}`;
  const hex = (value: string, width: number) =>
    sqlite ? `printf('%0${width}x', ${value})` : `LPAD(HEX(${value}), ${width}, '0')`;
  const id = `UNHEX(${join(hex(at, 12), "'70008000'", hex("seq", 12))})`;
  const state =
    "CASE WHEN seq % 100 = 0 THEN 0 WHEN seq % 1000 = 1 THEN 2 WHEN seq % 1000 = 2 THEN 3 ELSE 1 END";
  const app = `CASE WHEN seq % 10000 = 7 THEN 'rare' ELSE ${join("'app-'", "(seq % 10)")} END`;
  const url = join("'https://host-'", "(seq % 200)", "'.example/orders/'", "seq");
  const payload = join(`'{"order":'`, "seq", `',"items":"${"x".repeat(200)}"}'`);
  await db.knex.raw(`INSERT INTO tasks (task_id, app_id, state, call_count, manual_calls, limit_call_count, next_call_at,
      created_at, updated_at, finished_at, lane, url, request_method, request_param, retry, timeout_ms, source_app_name)
    SELECT ${id}, 0, ${state}, 1, 0, 3, CASE WHEN seq % 100 = 0 THEN ${now} + seq END, ${at}, ${at},
      CASE WHEN seq % 100 = 0 THEN NULL ELSE ${at} + 50 END, '${laneOf("https://a.example")}', ${url}, 'POST', ${payload},
      '{"strategy":"fixed","delayMs":1000}', 10000, ${app} FROM ${numbers}`);
  if (kind?.dialect === "mysql") await db.knex.raw("ANALYZE TABLE tasks");
}

interface Case {
  name: string;
  filter: TaskFilter;
  sort?: TaskOrder;
}
const day = (now - 86_400_000) as EpochMs;
const CASES: Case[] = [
  { name: "no filter", filter: {} },
  { name: "state succeeded (99 %)", filter: { states: ["succeeded"] } },
  { name: "state pending (1 %)", filter: { states: ["pending"] } },
  { name: "state exhausted (0.1 %)", filter: { states: ["exhausted"] } },
  { name: "two rare states", filter: { states: ["exhausted", "canceled"] } },
  { name: "no task in that state", filter: { states: ["resolved"] } },
  { name: "last 24 hours", filter: { createdFrom: day } },
  { name: "exhausted, last 24 hours", filter: { states: ["exhausted"], createdFrom: day } },
  { name: "source app (10 %)", filter: { sourceAppName: "app-3" } },
  { name: "source app (0.01 %)", filter: { sourceAppName: "rare" } },
  { name: "no such source app", filter: { sourceAppName: "nobody" } },
  { name: "URL contains, 0.5 % match", filter: { url: "host-17.example" } },
  { name: "URL contains, none matches", filter: { url: "nowhere.example" } },
  { name: "URL contains, none, 24 hours", filter: { url: "nowhere.example", createdFrom: day } },
  { name: "exhausted, URL contains, none", filter: { states: ["exhausted"], url: "nowhere.example" } },
  { name: "payload contains, 0.0001 % match", filter: { q: '"order":777777,' } },
  { name: "payload contains, none, 24 hours", filter: { q: "nothing like it", createdFrom: day } },
  { name: "waiting, due soonest first", filter: {}, sort: "due" },
];

async function time(run: () => Promise<unknown>): Promise<string> {
  const took: number[] = [];
  let budget = 3_000;
  for (let i = 0; i < TIMES && budget > 0; i++) {
    const startedAt = performance.now();
    await run();
    took.push(performance.now() - startedAt);
    budget -= took.at(-1) as number;
  }
  took.sort((a, b) => a - b);
  return `${quantile(took, 0.5).toFixed(1).padStart(8)} ${quantile(took, 0.95).toFixed(1).padStart(8)}`;
}

const startedAt = performance.now();
const { limitMs } = db.limit;
db.limit.limitMs = Number.POSITIVE_INFINITY;
await fillTables();
db.limit.limitMs = limitMs;
console.log(`${kind.name}: ${count} tasks, made in ${((performance.now() - startedAt) / 1000).toFixed(0)} s`);
console.log(`${"".padEnd(36)}  first page: median, p95; p95 of the pages walked through, in ms`);
for (const { name, filter, sort } of CASES) {
  const page = (cursor: string | null): ReturnType<typeof listTasks> =>
    listTasks(db, EVERYTHING, filter, PAGE, cursor, sort);
  const first = await time(() => page(null));
  // The whole way to the end, or as far as anybody would look.
  const walkedAt = performance.now();
  let [cursor, pages, found]: [string | null, number, number] = [null, 0, 0];
  const each: number[] = [];
  do {
    const startedAt = performance.now();
    const { items, nextCursor } = await page(cursor);
    each.push(performance.now() - startedAt);
    [cursor, found] = [nextCursor, found + items.length];
  } while (cursor !== null && ++pages < 200 && found < 1_000);
  const walk = performance.now() - walkedAt;
  each.sort((a, b) => a - b);
  console.log(
    `${name.padEnd(36)} ${first} ${quantile(each, 0.95).toFixed(1).padStart(8)}  ${found} found in ${each.length} pages, ${walk.toFixed(0)} ms${cursor === null ? ", all" : ""}`,
  );
}
await closeDatabase(db);
process.exit();
