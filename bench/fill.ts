/** Rows made by the database itself, as an import leaves them: a million waiting tasks in seconds. */
import { millis } from "../core/clock.ts";
import { laneOf, type TaskId } from "../core/ids.ts";
import type { DueEntry } from "../core/job.ts";
import { RedisDueSet } from "../due/redis.ts";
import type { Database } from "../store/database.ts";
import { originOf, pathOf, type Work } from "./load/work.ts";

export interface Filling {
  count: number;
  work: Work;
  /** Waiting tasks: when the first is due, in epoch ms, and the ms between two. Null: they succeeded. */
  due: { at: number; gapMs: number } | null;
  /** Calls that failed so far, or that succeeded. Each has its row. */
  calls: 0 | 1;
  /** Epoch ms. */
  createdAt: number;
}

/** Rows per statement. */
const CHUNK = 100_000;
/** Numbers of as many digits as CHUNK has zeros, on every MySQL and MariaDB. */
const DIGITS =
  "SELECT 0 d UNION SELECT 1 UNION SELECT 2 UNION SELECT 3 UNION SELECT 4 UNION SELECT 5 UNION SELECT 6 UNION SELECT 7 UNION SELECT 8 UNION SELECT 9";
const places = ["a", "b", "c", "e", "f"];
/** The round of tasks that are never meant to be called. */
let fillings = 0;

/** @returns what the due set should hold of them */
export async function fill(
  db: Database,
  { count, work, due, calls, createdAt }: Filling,
): Promise<DueEntry[]> {
  const sqlite = db.driver.name === "sqlite";
  const mark = (0x7000 + (++fillings & 0xfff)).toString(16);
  const hex = (value: string) => (sqlite ? `printf('%012x', ${value})` : `LPAD(HEX(${value}), 12, '0')`);
  const join = (...parts: string[]) => (sqlite ? parts.join(" || ") : `CONCAT(${parts})`);
  const id = `UNHEX(${join(hex(`${createdAt} + seq`), `'${mark}8000'`, hex("seq"))})`;
  const pick = (values: string[]) =>
    `CASE seq % ${values.length} ${values.map((value, i) => `WHEN ${i} THEN '${value}'`).join(" ")} END`;
  const destinations = Math.min(work.destinations, 64);
  const origins = Array.from({ length: destinations }, (_, i) => originOf(work, i));
  const url = join(pick(origins), `'${pathOf(work, 0).slice(0, -1)}'`, "seq");
  const next = due ? `${due.at} + seq * ${due.gapMs}` : "NULL";
  for (let from = 0; from < count; from += CHUNK) {
    const to = Math.min(count, from + CHUNK) - 1;
    const numbers = sqlite
      ? `(WITH RECURSIVE c(seq) AS (SELECT ${from} UNION ALL SELECT seq + 1 FROM c WHERE seq < ${to}) SELECT seq FROM c) s`
      : `(SELECT ${from} + ${places.map((at, i) => `${at}.d * ${10 ** i}`).join(" + ")} AS seq FROM ${places
          .map((at) => `(${DIGITS}) ${at}`)
          .join(", ")} HAVING seq <= ${to} ORDER BY seq) s`;
    await db.knex.raw(`INSERT INTO tasks (task_id, app_id, state, call_count, manual_calls, limit_call_count, next_call_at,
        created_at, updated_at, finished_at, lane, url, request_method, request_param, retry, timeout_ms)
      SELECT ${id}, 0, ${due ? 0 : 1}, ${calls}, 0, 20, ${next}, ${createdAt} + seq, ${createdAt}, ${due ? "NULL" : createdAt},
        ${pick(origins.map(laneOf))}, ${url}, 'POST', '{"data":"${"x".repeat(work.payload)}"}',
        '{"strategy":"fixed","delayMs":1000}', 10000 FROM ${numbers}`);
    if (calls > 0) {
      await db.knex.raw(`INSERT INTO attempts (task_id, n, started_at, duration_ms, succeeded, status_code, response_headers,
          response_body, response_truncated, node)
        SELECT ${id}, 1, ${createdAt} + seq, 5, ${due ? 0 : 1}, ${due ? 500 : 200}, '{}', 'ok', 0, 'bench' FROM ${numbers}`);
    }
  }
  if (!due) return [];
  const hexOf = (n: number) => n.toString(16).padStart(12, "0");
  return Array.from({ length: count }, (_, seq) => {
    const text = `${hexOf(createdAt + seq)}${mark}8000${hexOf(seq)}`;
    const taskId = text.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-") as TaskId;
    const lane = laneOf(origins[seq % destinations] as string);
    return { taskId, lane, app: 0, first: calls === 0, dueAt: due.at + seq * due.gapMs } as DueEntry;
  });
}

/** Puts entries into the due set, as a rebuild does. */
export async function project(redisUrl: string, entries: DueEntry[]): Promise<void> {
  const due = new RedisDueSet(redisUrl, { leaseMs: millis(10_000), window: 256 }, () => undefined);
  try {
    while (
      !(await due.counts().then(
        () => true,
        () => false,
      ))
    )
      await new Promise((done) => setTimeout(done, 20));
    for (let i = 0; i < entries.length; i += 16_000) {
      const slices = [0, 1, 2, 3].map((k) => entries.slice(i + k * 4_000, i + (k + 1) * 4_000));
      await Promise.all(slices.map((slice) => due.add(slice)));
    }
  } finally {
    await due.close();
  }
}
