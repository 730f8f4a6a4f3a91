/**
 * `npm run bench:bulk [-- --mode embedded|cluster|both] [--tasks 50000] [--rate 50] [--seconds 5] [--turns 6] [--whole]`: what a
 * job that retries many tasks does to everybody else's first calls. Tasks of others are handed in at a steady rate, in turns
 * without and with the job under way, so whatever else the machine does weighs on both. The system runs in
 * processes of its own; this one is caller and target, so one clock measures everything. With `--whole` a last job is
 * left alone until it ends, and compared with the calls and with the audit log.
 */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import { parseArgs } from "node:util";
import { Pool } from "undici";
import type { JobView } from "../core/contract.ts";
import { laneOf } from "../core/ids.ts";
import { closeDatabase, openDatabase } from "../store/database.ts";
import { stateCode } from "../store/rows.ts";
import { type System, startCluster, startEmbedded } from "./latency-system.ts";
import { quantile } from "./quantile.ts";

const SYSTEMS = { embedded: startEmbedded, cluster: startCluster };
type Mode = keyof typeof SYSTEMS;
/** What first calls may take with the job, as a multiple of what they take without. */
const AIM = 1.5;
const WARM_UP_S = 5;
const HEADERS = {
  authorization: `Basic ${Buffer.from("admin:admin").toString("base64")}`,
  "content-type": "application/json",
};

const { values } = parseArgs({
  options: {
    mode: { type: "string", default: "both" },
    tasks: { type: "string", default: "50000" },
    rate: { type: "string", default: "50" },
    seconds: { type: "string", default: "5" },
    turns: { type: "string", default: "6" },
    whole: { type: "boolean", default: false },
  },
});
const modes: Mode[] = values.mode === "both" ? ["embedded", "cluster"] : [values.mode as Mode];
const [tasks, rate, seconds, turns] = [values.tasks, values.rate, values.seconds, values.turns].map(
  Number,
) as [number, number, number, number];
if (
  modes.some((mode) => !Object.hasOwn(SYSTEMS, mode)) ||
  ![tasks, rate, seconds, turns].every((n) => n >= 1)
) {
  console.error(
    "usage: npm run bench:bulk -- [--mode embedded|cluster|both] [--tasks 50000] [--rate 50] [--seconds 5] [--turns 6] [--whole]",
  );
  process.exit(2);
}
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(130));

/** Others' tasks: when the call came, and who waits for it. A call may come before the answer with its id. */
const arrived = new Map<string, number>();
const waiting = new Map<string, (at: number) => void>();
/** Calls that jobs caused, and how many they should have caused. */
let jobCalls = 0;
let jobTotal = 0;
const target = createServer((request, response) => {
  const at = performance.now();
  request.resume();
  response.end("ok");
  if (request.url === "/bulk") return void jobCalls++;
  const taskId = String(request.headers["webhook-id"]);
  const told = waiting.get(taskId);
  if (told) told(at);
  else arrived.set(taskId, at);
});
await new Promise<void>((listening) => target.listen(0, listening));
const { port } = target.address() as AddressInfo;

let kept = true;
for (const mode of modes) kept = (await run(mode)) && kept;
target.closeAllConnections();
target.close();
process.exitCode = kept ? 0 : 1;

async function run(mode: Mode): Promise<boolean> {
  const system = await SYSTEMS[mode]();
  const bida = new Pool(system.baseUrl, { connections: 32 });
  try {
    await fill(system);
    await firstCalls(bida, WARM_UP_S);
    const [without, during]: [number[], number[]] = [[], []];
    let changed = 0;
    let tookMs = 0;
    for (let turn = 0; turn < turns; turn++) {
      without.push(...(await firstCalls(bida, seconds)));
      const startedAt = performance.now();
      const job = await ask(bida, "POST", "/v1/tasks/retry", {
        filter: { state: ["exhausted"], sourceAppName: "bulk" },
      });
      during.push(...(await firstCalls(bida, seconds)));
      tookMs += performance.now() - startedAt;
      changed += await stopped(bida, (job.job as { id: string } | null)?.id ?? null);
    }
    const kept = report(mode, without, during, Math.round((changed / tookMs) * 1000));
    return values.whole ? (await whole(bida, tasks - changed)) && kept : kept;
  } finally {
    await bida.close();
    await system.stop();
  }
}

/** Tasks that were called once and have ended as exhausted, made by the database itself. */
async function fill({ database }: System): Promise<void> {
  const db = openDatabase(database);
  try {
    const createdAt = Date.now() - 3_600_000;
    const sqlite = db.driver.name === "sqlite";
    const numbers = sqlite
      ? `(WITH RECURSIVE c(seq) AS (SELECT 0 UNION ALL SELECT seq + 1 FROM c WHERE seq < ${tasks - 1}) SELECT seq FROM c) s`
      : `seq_0_to_${tasks - 1} s`;
    const hex = (value: string) => (sqlite ? `printf('%012x', ${value})` : `LPAD(HEX(${value}), 12, '0')`);
    const parts = [hex(`${createdAt} + seq`), "'70008000'", hex("seq")];
    const id = `UNHEX(${sqlite ? parts.join(" || ") : `CONCAT(${parts})`})`;
    const origin = `http://127.0.0.1:${port}`;
    await db.knex.raw(`INSERT INTO tasks (task_id, app_id, state, call_count, manual_calls, limit_call_count, created_at,
        updated_at, finished_at, lane, url, request_method, request_param, retry, timeout_ms, source_app_name)
      SELECT ${id}, 0, ${stateCode("exhausted")}, 1, 0, 1, ${createdAt} + seq, ${createdAt}, ${createdAt} + seq,
        '${laneOf(origin)}', '${origin}/bulk', 'POST', '{"data":"${"x".repeat(200)}"}',
        '{"strategy":"fixed","delayMs":1000}', 10000, 'bulk' FROM ${numbers}`);
    await db.knex.raw(`INSERT INTO attempts (task_id, n, started_at, duration_ms, succeeded, status_code, response_headers,
        response_body, response_truncated, node)
      SELECT ${id}, 1, ${createdAt} + seq, 5, 0, 500, '{}', 'no', 0, 'bench' FROM ${numbers}`);
  } finally {
    await closeDatabase(db);
  }
}

/** Others' tasks, for another destination, open loop. @returns from when each should have been sent to its call, in ms */
async function firstCalls(bida: Pool, forSeconds: number): Promise<number[]> {
  const times: Promise<number>[] = [];
  const startedAt = performance.now();
  for (let i = 0; i < rate * forSeconds; i++) {
    const at = startedAt + (i / rate) * 1000;
    const early = at - performance.now();
    if (early > 0) await pause(early);
    times.push(firstCall(bida).then((arrived) => arrived - at));
  }
  return Promise.all(times);
}

async function firstCall(bida: Pool): Promise<number> {
  const task = {
    url: `http://127.0.0.2:${port}/other`,
    requestMethod: "POST",
    requestParam: {},
    limitCallCount: 3,
  };
  const answer = await ask(bida, "POST", "/v1/tasks", task);
  const taskId = answer.taskId as string;
  const at = arrived.get(taskId) ?? (await new Promise<number>((resolve) => waiting.set(taskId, resolve)));
  arrived.delete(taskId);
  waiting.delete(taskId);
  return at;
}

/** @returns how many tasks it changed */
async function stopped(bida: Pool, id: string | null): Promise<number> {
  if (id === null) throw new Error("there are too few tasks for so many turns: --tasks");
  await ask(bida, "DELETE", `/v1/jobs/${id}`).catch(() => undefined);
  const job = await ask(bida, "GET", `/v1/jobs/${id}`);
  const changed = job.changed as number;
  jobTotal += changed;
  // What it let loose is called before the next turn begins.
  for (let i = 0; jobCalls < jobTotal && i < 500; i++) await pause(20);
  return changed;
}

/** One job over all that is left. @returns whether each was changed, called and audited once */
async function whole(bida: Pool, left: number): Promise<boolean> {
  const startedAt = performance.now();
  const [callsBefore, auditedBefore] = [jobCalls, await audited(bida)];
  const filter = { state: ["exhausted"], sourceAppName: "bulk" };
  const { job: made } = await ask(bida, "POST", "/v1/tasks/retry", { filter });
  let job = made as JobView;
  while (job.finishedAt === null) {
    await pause(1_000);
    job = (await ask(bida, "GET", `/v1/jobs/${job.id}`)) as unknown as JobView;
    if (process.stdout.isTTY) process.stdout.write(`\r${job.done} of ${job.matched}`);
  }
  jobTotal += job.changed;
  for (let i = 0; jobCalls < jobTotal && i < 3_000; i++) await pause(20);
  const [called, noted] = [jobCalls - callsBefore, (await audited(bida)) - auditedBefore];
  const seconds = Math.round((performance.now() - startedAt) / 1000);
  console.log(
    `\nto its end: ${left} left; ${job.matched} matched, ${job.changed} changed, ${called} called, ${noted} in the audit log; ${seconds} s`,
  );
  return [job.matched, job.changed, called, noted].every((count) => count === left);
}

/** How many retries by hand the audit log has. */
async function audited(bida: Pool): Promise<number> {
  let count = 0;
  for (let cursor: unknown = ""; cursor !== null; ) {
    const page = await ask(
      bida,
      "GET",
      `/v1/audit?action=task.retry&limit=200${cursor && `&cursor=${cursor}`}`,
    );
    count += (page.items as unknown[]).length;
    cursor = page.nextCursor;
  }
  return count;
}

async function ask(bida: Pool, method: "GET" | "POST" | "DELETE", path: string, body?: object) {
  const answer = await bida.request({
    method,
    path,
    headers: HEADERS,
    body: body ? JSON.stringify(body) : null,
  });
  const text = await answer.body.text();
  if (answer.statusCode >= 300) throw new Error(`${method} ${path}: ${answer.statusCode} ${text}`);
  return JSON.parse(text) as Record<string, unknown>;
}

function report(mode: Mode, without: number[], during: number[], speed: number): boolean {
  console.log(`\n${mode}: ${rate} tasks of others per second; from handing over to the first call (ms)`);
  console.log(["", "tasks", "p50", "p95", "p99", "max"].map((name, i) => name.padStart(i ? 9 : 14)).join(""));
  const rows = Object.entries({ "without job": without, "with job": during }).map(([name, times]) => {
    const sorted = times.toSorted((a, b) => a - b);
    const figures = [0.5, 0.95, 0.99, 1].map((q) => quantile(sorted, q));
    const cells = [String(sorted.length), ...figures.map((figure) => figure.toFixed(2))];
    console.log(name.padStart(14) + cells.map((cell) => cell.padStart(9)).join(""));
    return figures;
  });
  const ratios = [0, 1, 2].map((i) => (rows[1]?.[i] as number) / (rows[0]?.[i] as number));
  const kept = (ratios[0] as number) <= AIM && (ratios[1] as number) <= AIM;
  const named = ["p50", "p95", "p99"].map((name, i) => `${name} ${(ratios[i] as number).toFixed(2)}`);
  console.log(`ratios: ${named.join(", ")}`);
  console.log(
    `${speed} tasks retried per second; p50 and p95 ${kept ? "within" : "NOT within"} ${AIM} times`,
  );
  return kept;
}
