/**
 * `npm run demo`: a Bida of its own, a receiver that misbehaves, six callbacks. Shows what becomes of them, and exits
 * with 0 only where every one ended as foreseen.
 */
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { createHttpClient } from "../client/http.ts";
import { createDisplay, type Row } from "./demo/display.ts";
import { readiness, startNode } from "./demo/node.ts";
import { type Receiver, startReceiver } from "./demo/receiver.ts";
import { SCENARIOS } from "./demo/scenarios.ts";
import { differences } from "./demo/verdict.ts";

const WITHIN_MS = 20_000;
const REDRAW_MS = 100;

type Client = ReturnType<typeof createHttpClient>;

async function main(): Promise<boolean> {
  const dataDir = mkdtempSync(join(tmpdir(), "bida-demo-"));
  process.on("exit", () => rmSync(dataDir, { recursive: true, force: true }));
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(130));
  const receiver = await startReceiver();
  const port = await freePort();
  const baseUrl = `http://127.0.0.1:${port}`;
  const bida = startNode({ BIDA_PORT: String(port), BIDA_DATA_DIR: dataDir, BIDA_LOG_LEVEL: "warn" });
  try {
    await readiness(bida, baseUrl);
    console.log(`Bida runs at ${baseUrl}, the receiver at ${receiver.url}\n`);
    const client = createHttpClient({ baseUrl, username: "admin", password: "admin" });
    const taskIds = await submit(client, receiver, `http://127.0.0.1:${await freePort()}`);
    const ended = await watch(client, taskIds);
    return ended && (await judge(client, taskIds, receiver));
  } finally {
    await bida.stop();
    await receiver.stop();
  }
}

async function submit(client: Client, receiver: Receiver, deadUrl: string): Promise<string[]> {
  const taskIds: string[] = [];
  for (const { path, task } of SCENARIOS) {
    const url = path === null ? `${deadUrl}/` : `${receiver.url}${path}`;
    taskIds.push(await client.call({ ...task, url, sourceAppName: "demo" }));
  }
  return taskIds;
}

/** Shows the tasks until all have ended. @returns false where that takes too long */
async function watch(client: Client, taskIds: string[]): Promise<boolean> {
  const show = createDisplay(process.stdout);
  for (const deadline = performance.now() + WITHIN_MS; performance.now() < deadline; await pause(REDRAW_MS)) {
    const tasks = await Promise.all(taskIds.map((taskId) => client.get(taskId)));
    show(tasks.map((task, i): Row => ({ title: SCENARIOS[i]?.title ?? "", task })));
    if (tasks.every(({ finishedAt }) => finishedAt !== null)) return true;
  }
  console.log(`\nNot all have ended after ${WITHIN_MS / 1000} s.`);
  return false;
}

async function judge(client: Client, taskIds: string[], receiver: Receiver): Promise<boolean> {
  console.log();
  const problems: string[] = [];
  for (const [i, scenario] of SCENARIOS.entries()) {
    const taskId = taskIds[i] as string;
    const wrong = differences(scenario, await client.get(taskId), await client.attempts(taskId));
    problems.push(...wrong.map((what) => `${scenario.title}: ${what}`));
  }
  for (const path of new Set(SCENARIOS.map((scenario) => scenario.path))) {
    if (path === null) continue;
    const wanted = SCENARIOS.filter((scenario) => scenario.path === path);
    const calls = wanted.reduce((sum, { foreseen }) => sum + foreseen.attempts, 0);
    const arrived = receiver.calls(path).length;
    if (arrived !== calls) problems.push(`${path} was called ${arrived} times, foreseen were ${calls}`);
  }
  for (const problem of problems) console.log(`✗ ${problem}`);
  if (problems.length === 0) console.log(`✓ all ${SCENARIOS.length} tasks ended as foreseen`);
  return problems.length === 0;
}

/** A port on which nothing listens just now. */
async function freePort(): Promise<number> {
  const probe = createServer().listen(0, "127.0.0.1");
  await once(probe, "listening");
  const { port } = probe.address() as AddressInfo;
  probe.close();
  await once(probe, "close");
  return port;
}

process.exitCode = (await main()) ? 0 : 1;
