/**
 * `npm run bench:console [-- --tasks 200000 --rate 50 --rounds 40 --warm-up 5] [--mysql] [--json file]`: how long the console's requests take
 * with many tasks stored and some flowing: each list, with the filters that no index knows as well, and what the palette asks. Bida
 * runs in processes of its own, with SQLite, or with MariaDB, Redis and NATS; this one is browser, caller and target. Requests come
 * one after another, round by round, so whatever else the machine does weighs on all. Prints a table and, behind it, JSON;
 * ends with 1 where a p95 is above the target.
 */
import { writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import os from "node:os";
import { setTimeout as pause } from "node:timers/promises";
import { parseArgs } from "node:util";
import { fillForConsole, ORIGINS } from "./console-fill.ts";
import * as servers from "./kit/servers.ts";
import { machine } from "./machine.ts";
import { quantile } from "./quantile.ts";
import { Bida } from "./systems/bida.ts";

/** What a list or the palette may take at the 95th percentile, in ms. */
const TARGET = 500;

const { values } = parseArgs({
  options: {
    tasks: { type: "string", default: "200000" },
    rate: { type: "string", default: "50" },
    rounds: { type: "string", default: "40" },
    "warm-up": { type: "string", default: "5" },
    mysql: { type: "boolean", default: false },
    json: { type: "string" },
  },
});
const [tasks, rate, rounds, warmUp] = [values.tasks, values.rate, values.rounds, values["warm-up"]].map(
  Number,
) as [number, number, number, number];
if (![tasks, rounds].every((n) => n >= 1) || !(rate >= 0 && warmUp >= 0)) {
  console.error(
    "usage: npm run bench:console -- [--tasks 200000] [--rate 50] [--rounds 40] [--mysql] [--json file]",
  );
  process.exit(2);
}
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(130));

/** Every 50th call fails, so there are alarms and incidents as well. */
let calls = 0;
const target = createServer((request, response) => {
  request.resume();
  calls += 1;
  response.writeHead(calls % 50 === 0 ? 503 : 200).end("ok");
});
await new Promise<void>((listening) => target.listen(0, "127.0.0.1", listening));
const far = `http://127.0.0.1:${(target.address() as AddressInfo).port}`;

const cluster = values.mysql
  ? await Promise.all([servers.mariadb(), servers.redis("everysec"), servers.nats()])
  : null;
const bida = await Bida.start({
  servers: cluster && { mariadb: cluster[0], redis: cluster[1], nats: cluster[2] },
});
const { baseUrl, headers: appHeaders } = bida.http;

try {
  const [{ id: appId }] = (await bida.db.knex("apps").select("id").limit(1)) as [{ id: number }];
  const filledAt = performance.now();
  bida.db.limit.limitMs = Number.POSITIVE_INFINITY;
  const { key } = await fillForConsole(bida.db, tasks, appId);
  console.log(
    `${bida.name}: ${tasks} tasks, made in ${((performance.now() - filledAt) / 1_000).toFixed(0)} s`,
  );
  const stop = flow();
  await pause(warmUp * 1_000);
  const result = await measure(casesOf(key));
  stop();
  print(result);
} finally {
  target.closeAllConnections();
  target.close();
  await bida.stop();
  for (const server of cluster ?? []) await server.stop();
}

/** Tasks at the rate, whatever the answers take. */
function flow(): () => void {
  let no = 0;
  const timer = setInterval(() => {
    no += 1;
    const task = {
      ...{ url: `${far}/orders/{no}`, requestMethod: "POST", limitCallCount: 1 },
      requestParam: { no, orderNo: `LIVE-${no}` },
    };
    fetch(`${baseUrl}/v1/tasks`, {
      method: "POST",
      headers: { ...appHeaders, "content-type": "application/json" },
      body: JSON.stringify(task),
    }).then(
      (answer) => answer.body?.cancel(),
      () => undefined,
    );
  }, 1_000 / rate);
  if (rate === 0) clearInterval(timer);
  return () => clearInterval(timer);
}

type Case = [kind: "list" | "palette" | "filter", name: string, path: string];

function casesOf(key: string): Case[] {
  const iso = (ago: number) => new Date(Date.now() - ago).toISOString();
  const [from, to] = [iso(3_600_000), iso(0)];
  const origin = encodeURIComponent(ORIGINS[8] as string);
  const list = (name: string, query = ""): Case => ["list", name, `/v1/tasks?limit=50${query}`];
  const search = (name: string, text: string): Case => [
    "palette",
    name,
    `/v1/search?text=${encodeURIComponent(text)}`,
  ];
  const suggest = (field: string, text = ""): Case => [
    "filter",
    `${field}, "${text}"`,
    `/v1/tasks/suggestions?field=${field}&text=${text}`,
  ];
  return [
    list("tasks"),
    list("tasks, exhausted", "&state=exhausted"),
    list("tasks, exhausted or waiting", "&state=exhausted&state=pending"),
    list("tasks, payloads too", "&include=payload"),
    list("tasks, refused", "&errorCode=refused"),
    list("tasks, exhausted, refused", "&state=exhausted&errorCode=refused"),
    list("tasks, last status 5xx", "&status=5xx"),
    list("tasks, exhausted, last status 503", "&state=exhausted&status=503"),
    list("tasks, one destination", `&destination=${origin}`),
    list("tasks, a source app", "&sourceAppName=app-3"),
    list("tasks, no such source app", "&sourceAppName=nobody"),
    list("tasks, of an app", "&app=nobody"),
    list("tasks, an order key", "&orderKey=order-500"),
    list("tasks, a business key", `&businessKey=${key}`),
    list("tasks, ended in the last hour", `&finishedFrom=${from}&finishedTo=${to}`),
    list("tasks, exhausted, ended in the last hour", `&state=exhausted&finishedFrom=${from}`),
    list("tasks, a called URL", "&url=/orders/777/paid"),
    list("tasks, a URL that is called by none", "&url=nowhere.example"),
    list("tasks, a payload that none has", "&q=nothing+like+it"),
    list("tasks, an incident", "&incident=5"),
    ["list", "waiting", "/v1/tasks?limit=50&state=pending&state=delivering&sort=due"],
    ["list", "attempts", "/v1/attempts?limit=50"],
    ["list", "attempts, failed", "/v1/attempts?limit=50&outcome=failed"],
    ["list", "attempts, a status", "/v1/attempts?limit=50&status=503"],
    ["list", "destinations", "/v1/destinations"],
    ["list", "destinations, health", "/v1/stats/health"],
    ["list", "a destination's report", `/v1/destinations/${origin}/report`],
    ["list", "incidents", "/v1/incidents"],
    ["list", "an incident", "/v1/incidents/5"],
    ["list", "audit", "/v1/audit?limit=50"],
    ["list", "jobs", "/v1/jobs"],
    ["list", "apps", "/v1/apps"],
    ["list", "views", "/v1/views?page=tasks"],
    ["list", "overview", "/v1/stats/summary"],
    search("a business key", key),
    search("the beginning of one", key.slice(0, -1)),
    search("an order key", "order-500"),
    search("a part of a URL", "/orders/777"),
    search("an id as lists show it", "0199aeb6…1d37ab"),
    search("the end of an id", "0c3f21"),
    search("an incident", "bad_status"),
    search("a destination", "host-17"),
    search("what there is nowhere", "nothing like it"),
    suggest("businessKey", "ORD-1"),
    suggest("orderKey", "order-"),
    suggest("sourceAppName", "app"),
    suggest("destination", "host"),
  ];
}

interface Measured {
  kind: Case[0];
  name: string;
  /** In ms. */
  p50: number;
  p95: number;
  max: number;
}

async function measure(cases: Case[]): Promise<Measured[]> {
  const cookie = await logIn();
  const took = new Map(cases.map((one) => [one, [] as number[]]));
  for (let round = 0; round < rounds; round++) {
    for (const one of cases) {
      const startedAt = performance.now();
      const answer = await fetch(`${baseUrl}${one[2]}`, { headers: { cookie } });
      const text = await answer.text();
      took.get(one)?.push(performance.now() - startedAt);
      if (!answer.ok) throw new Error(`${one[2]}: ${answer.status} ${text.slice(0, 300)}`);
    }
  }
  return Array.from(took, ([[kind, name], times]) => {
    const sorted = times.toSorted((a, b) => a - b);
    const at = (q: number) => Math.round(quantile(sorted, q) * 10) / 10;
    return { kind, name, p50: at(0.5), p95: at(0.95), max: at(1) };
  });
}

/** As the console does: the password of each request would be checked, which costs 75 ms. */
async function logIn(): Promise<string> {
  const answer = await fetch(`${baseUrl}/v1/session`, {
    method: "POST",
    headers: { "content-type": "application/json", origin: baseUrl },
    body: JSON.stringify({ username: "admin", password: "admin" }),
  });
  await answer.body?.cancel();
  const [cookie] = answer.headers.getSetCookie();
  if (!answer.ok || !cookie) throw new Error(`no session: ${answer.status}`);
  return cookie.split(";")[0] as string;
}

function print(results: Measured[]): void {
  const late = results.filter(({ p95 }) => p95 > TARGET);
  console.log(`\n${rate} tasks per second flow; ${rounds} rounds; ms (target: p95 ${TARGET})`);
  console.log(`${"".padEnd(54)}${["p50", "p95", "max"].map((name) => name.padStart(9)).join("")}`);
  for (const { kind, name, p50, p95, max } of results) {
    const figures = [p50, p95, max].map((ms) => ms.toFixed(1).padStart(9)).join("");
    console.log(`${kind.padEnd(9)}${name.padEnd(45)}${figures}${p95 > TARGET ? "  above the target" : ""}`);
  }
  const report = {
    ...{ system: bida.name, tasks, rate, rounds, target: TARGET },
    ...{ machine: machine(), loadAverage: os.loadavg(), results },
  };
  if (values.json) writeFileSync(values.json, `${JSON.stringify(report, null, 2)}\n`);
  console.log(`\n${JSON.stringify(report)}`);
  if (late.length > 0) process.exitCode = 1;
}
