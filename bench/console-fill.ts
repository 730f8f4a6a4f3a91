/** What the console's lists are measured over: tasks as a busy day leaves them, made by the database itself in seconds. */
import { laneOf } from "../core/ids.ts";
import type { Database } from "../store/database.ts";
import { insertMany } from "../store/sql.ts";

/** Each is called by a 64th of the tasks. */
export const ORIGINS = Array.from({ length: 64 }, (_, i) => `https://host-${i}.example`);
/** Of every so many tasks one fails; each failed with one of these. */
const FAILS = 20;
const ERRORS: [code: string, status: number | null][] = [
  ["refused", null],
  ["timeout", null],
  ["bad_status", 500],
  ["bad_status", 503],
  ["unexpected_result", 200],
];
const CHUNK = 100_000;
const DAY = 86_400_000;
const AUDITED = 20_000;

/**
 * `count` tasks that came evenly within the last 24 hours: 5 % are exhausted, 1 % wait for tomorrow, the others succeeded. All
 * have a business key and one call on record, a tenth has an order key, a quarter a placeholder in its URL.
 * @returns the business key of one in the middle
 */
export async function fillForConsole(db: Database, count: number, appId: number): Promise<{ key: string }> {
  const now = Date.now();
  const gap = DAY / count;
  const sqlite = db.driver.name === "sqlite";
  const join = (...parts: string[]) => (sqlite ? parts.join(" || ") : `CONCAT(${parts})`);
  const hex = (value: string, width: number) =>
    sqlite ? `printf('%0${width}x', CAST(${value} AS INTEGER))` : `LPAD(HEX(FLOOR(${value})), ${width}, '0')`;
  const at = `FLOOR(${now - DAY} + seq * ${gap})`;
  const mixed = "((seq * 7919) % 1048576)";
  const id = `UNHEX(${join(hex(at, 12), "'7000'", "'8000'", hex(mixed, 6), hex("seq", 6))})`;
  const one = (values: string[], by: string) =>
    `CASE ${by} % ${values.length} ${values.map((value, i) => `WHEN ${i} THEN ${value}`).join(" ")} END`;
  const failed = `seq % ${FAILS} = 0`;
  const waits = "seq % 100 = 1";
  const state = `CASE WHEN ${failed} THEN 2 WHEN ${waits} THEN 0 ELSE 1 END`;
  const kind = `(FLOOR(seq / ${FAILS}))`;
  const code = `CASE WHEN ${failed} THEN ${one(
    ERRORS.map(([name]) => `'${name}'`),
    kind,
  )} END`;
  const status = one(
    ERRORS.map(([, number]) => String(number ?? "NULL")),
    kind,
  );
  const origin = one(
    ORIGINS.map((value) => `'${value}'`),
    "seq",
  );
  const lane = one(
    ORIGINS.map((value) => `'${laneOf(value)}'`),
    "seq",
  );
  const filled = join(origin, "'/orders/'", "seq", "'/paid'");
  const url = `CASE WHEN seq % 4 = 0 THEN ${join(origin, "'/orders/{no}/paid'")} ELSE ${filled} END`;
  const payload = join(`'{"no":'`, "seq", `',"orderNo":"ORD-'`, "seq", `'","note":"${"x".repeat(200)}"}'`);
  for (let from = 0; from < count; from += CHUNK) {
    const to = Math.min(count, from + CHUNK) - 1;
    const numbers = sqlite
      ? `(WITH RECURSIVE c(seq) AS (SELECT ${from} UNION ALL SELECT seq + 1 FROM c WHERE seq < ${to}) SELECT seq FROM c) s`
      : `seq_${from}_to_${to} s`;
    await db.knex.raw(`INSERT INTO tasks (task_id, app_id, state, call_count, manual_calls, limit_call_count, next_call_at,
        created_at, updated_at, finished_at, lane, url, called_url, request_method, request_param, retry, timeout_ms,
        source_app_name, target_app_name, order_key, business_key, last_error_code, last_error_message)
      SELECT ${id}, ${appId}, ${state}, 1, 0, 1, CASE WHEN ${waits} THEN ${now + DAY} + seq END,
        ${at}, ${at}, CASE WHEN ${waits} THEN NULL ELSE ${at} + 50 END, ${lane}, ${url},
        CASE WHEN seq % 4 = 0 THEN ${filled} END, 'POST', ${payload}, '{"strategy":"fixed","delayMs":1000}', 10000,
        ${join("'app-'", "seq % 10")}, ${join("'target-'", "seq % 7")},
        CASE WHEN seq % 10 = 3 THEN ${join("'order-'", "FLOOR(seq / 100)")} END, ${join("'ORD-'", "seq")},
        ${code}, CASE WHEN ${failed} THEN 'as it was told' END FROM ${numbers}`);
    await db.knex.raw(`INSERT INTO attempts (task_id, n, started_at, duration_ms, succeeded, status_code, error_code,
        error_message, response_headers, response_body, response_truncated, node)
      SELECT ${id}, 1, ${at}, 20, CASE WHEN ${failed} THEN 0 ELSE 1 END,
        CASE WHEN ${failed} THEN ${status} ELSE 200 END, ${code}, CASE WHEN ${failed} THEN 'as it was told' END,
        '{}', 'ok', 0, 'bench' FROM ${numbers}`);
  }
  await fillOthers(db, now);
  if (!sqlite) await db.knex.raw("ANALYZE TABLE tasks, attempts, incidents, incident_tasks, audit");
  return { key: `ORD-${Math.floor(count / 2)}` };
}

/** Destinations, an incident per destination with all of its failures, and what people did. */
async function fillOthers(db: Database, now: number): Promise<void> {
  const { insertIgnore } = db.driver;
  const columns = ["lane", "origin", "first_seen_at", "used_at"];
  const rows = ORIGINS.map((origin) => [laneOf(origin), origin, now - DAY, now]);
  await insertMany(db.knex, "destinations", columns, rows, insertIgnore);
  const none = Buffer.alloc(16);
  for (const [i, origin] of ORIGINS.entries()) {
    const [id] = await db.knex("incidents").insert({
      ...{ destination: origin, error_code: "bad_status", status_code: 503, tasks: 0 },
      ...{ first_at: now - DAY, last_at: now - i, first_task: none, last_task: none },
      ...{ first_error: "as it was told", last_error: "as it was told", ended: i % 2 === 0 },
    });
    await db.knex.raw(
      "INSERT INTO incident_tasks (incident_id, task_id) SELECT ?, task_id FROM tasks WHERE state = 2 AND lane = ?",
      [id as number, laneOf(origin)],
    );
  }
  const audit = Array.from({ length: AUDITED }, (_, i) => [
    Buffer.from(
      `${(now - i).toString(16).padStart(12, "0")}70008000${i.toString(16).padStart(12, "0")}`,
      "hex",
    ),
    ...[now - i * 1_000, "user", 1, "admin", "task.retry", "task", `task-${i}`],
  ]);
  const audited = ["id", "at", "actor_kind", "actor_id", "actor_name", "action", "target_type", "target_id"];
  for (let i = 0; i < audit.length; i += 500)
    await insertMany(db.knex, "audit", audited, audit.slice(i, i + 500));
  await db.knex("saved_views").insert({
    ...{ page: "tasks", name: "refused", query: "errorCode=refused", owner_id: 1, owner_name: "admin" },
    ...{ created_at: now, updated_at: now },
  });
}
