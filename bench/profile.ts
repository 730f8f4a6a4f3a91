/**
 * `npm run bench:profile [-- --system cluster|embedded|both] [--seconds 8] [--workload single|batch|rpc]
 * [--rate 200] [--plain] [--keep folder]`: where time goes, at saturation or at a fixed rate (0: idle), per process and thread, and
 * what the servers are asked per second and per callback. `--plain`: without the profiler, which costs something itself.
 */
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { temporaryFolder } from "../test/servers/server.ts";
import { now } from "./kit/clock.ts";
import { counts, rates } from "./kit/counters.ts";
import * as servers from "./kit/servers.ts";
import { threadCosts, threadsOf } from "./kit/threads.ts";
import { measuring } from "./kit/usage.ts";
import { Bench, type RoundPlan, type RoundResult } from "./round.ts";
import { Bida } from "./systems/bida.ts";

const { values } = parseArgs({
  options: {
    system: { type: "string", default: "both" },
    seconds: { type: "string", default: "8" },
    workload: { type: "string", default: "single" },
    rate: { type: "string" },
    plain: { type: "boolean", default: false },
    keep: { type: "string" },
    top: { type: "string", default: "40" },
  },
});
const WORKLOADS: Record<string, Omit<RoundPlan, "count">> = {
  single: { via: "http" },
  batch: { via: "http", batch: 100, connections: 4 },
  rpc: { via: "rpc" },
};
const plan = WORKLOADS[values.workload];
if (!plan) throw new Error(`--workload: one of ${Object.keys(WORKLOADS)}`);
const bench = await Bench.start();
if (values.system !== "embedded") {
  const [mariadb, redis, nats] = await Promise.all([
    servers.mariadb(),
    servers.redis("everysec"),
    servers.nats(),
  ]);
  await profile("cluster", { mariadb, redis, nats });
  await Promise.all([mariadb.stop(), redis.stop(), nats.stop()]);
}
if (values.system !== "cluster") await profile("embedded", null);
await bench.stop();
process.exit();

async function profile(name: string, own: Parameters<typeof counts>[0] | null): Promise<void> {
  const folder = temporaryFolder("profile");
  const preload = fileURLToPath(new URL("kit/profiler.mjs", import.meta.url));
  const env = { NODE_OPTIONS: `--import=${preload}`, BENCH_PROFILE_DIR: folder };
  const bida = await Bida.start({ servers: own as never, env: values.plain ? {} : env });
  const warm = await bench.round(bida, { ...(plan as RoundPlan), count: 6_000 });
  await bench.round(bida, { ...(plan as RoundPlan), count: Math.round(warm.perSecond * 3) });
  const before = own ? await counts(own) : {};
  writeFileSync(`${folder}/start`, "");
  await pause(100);
  const rate = values.rate === undefined ? null : Number(values.rate);
  const count = Math.round((rate ?? warm.perSecond) * Number(values.seconds));
  const threads = threadsByRole(bida);
  const round =
    rate === 0 ? await idle(bida) : await bench.round(bida, { ...(plan as RoundPlan), count, rate });
  const threadsAfter = threadsByRole(bida);
  const after = own ? await counts(own) : {};
  writeFileSync(`${folder}/stop`, "");
  await pause(2_000);
  const roles = new Map(Array.from(bida.pids(), ([role, pid]) => [String(pid), role]));
  await bida.stop();
  console.log(
    `\n## ${name}, ${values.workload}: ${count} tasks, ${Math.round(round.perSecond)}/s, load average ${round.loadAverage.toFixed(2)}`,
  );
  for (const [role, cost] of Object.entries(round.costs)) {
    const busy = ((cost.cpuS / round.seconds) * 100).toFixed(0);
    console.log(
      `  ${role.padEnd(12)} ${busy.padStart(4)} % of a core, ${((cost.cpuPer1000 * 1e6) / 1000).toFixed(0)} µs per callback`,
    );
  }
  if (round.problems.length > 0) console.log(round.problems.join("\n"));
  console.log("\nthreads, % of a core, and how often they are woken per second:");
  for (const [role, found] of threadsAfter) {
    for (const { name: thread, threads: n, cpuS, wakeUps } of threadCosts(
      threads.get(role) ?? new Map(),
      found,
    )) {
      const [busy, woken] = [(cpuS / round.seconds) * 100, wakeUps / round.seconds];
      if (busy >= 0.05)
        console.log(
          `  ${role.padEnd(12)} ${`${thread} × ${n}`.padEnd(24)} ${busy.toFixed(1).padStart(6)} ${woken.toFixed(0).padStart(8)}`,
        );
    }
  }
  console.log("\nper second, and per callback:");
  for (const [counter, rate] of Object.entries(rates(before, after, round.seconds)))
    console.log(
      `  ${counter.padEnd(36)} ${rate.toFixed(0).padStart(10)} ${(rate / round.perSecond).toFixed(3).padStart(9)}`,
    );
  for (const file of readdirSync(folder).filter((one) => one.endsWith(".cpuprofile"))) {
    const [pid = "", thread = ""] = file.replace(".cpuprofile", "").split("-");
    report(
      `${roles.get(pid) ?? pid}, thread ${thread}`,
      JSON.parse(readFileSync(`${folder}/${file}`, "utf8")),
    );
    if (values.keep) {
      mkdirSync(values.keep, { recursive: true });
      writeFileSync(
        `${values.keep}/${name}-${roles.get(pid)}-${thread}.cpuprofile`,
        readFileSync(`${folder}/${file}`),
      );
    }
  }
  rmSync(folder, { recursive: true, force: true });
}

function threadsByRole(bida: Bida): Map<string, ReturnType<typeof threadsOf>> {
  return new Map(Array.from(bida.pids(), ([role, pid]) => [role, threadsOf(pid)]));
}

/** As a round in which nothing was handed in; per 1,000 callbacks there is nothing to say. */
async function idle(
  bida: Bida,
): Promise<Pick<RoundResult, "seconds" | "perSecond" | "costs" | "problems" | "loadAverage">> {
  const [startedAt, costs] = [now(), measuring(bida.pids())];
  await pause(Number(values.seconds) * 1000);
  const seconds = (now() - startedAt) / 1000;
  return { seconds, perSecond: 1, costs: costs(1_000 * seconds), problems: [], loadAverage: 0 };
}

interface Profile {
  nodes: {
    id: number;
    callFrame: { functionName: string; url: string; lineNumber: number };
    children?: number[];
  }[];
  samples: number[];
  timeDeltas: number[];
}

function report(title: string, { nodes, samples, timeDeltas }: Profile): void {
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const parent = new Map(nodes.flatMap(({ id, children = [] }) => children.map((child) => [child, id])));
  const [own, place, blamed, inclusive] = [0, 0, 0, 0].map(() => new Map<string, number>()) as [
    Map<string, number>,
    Map<string, number>,
    Map<string, number>,
    Map<string, number>,
  ];
  const add = (to: Map<string, number>, key: string, time: number) => to.set(key, (to.get(key) ?? 0) + time);
  let [total, idle] = [0, 0];
  samples.forEach((id, i) => {
    const time = timeDeltas[i] ?? 0;
    const frame = byId.get(id)?.callFrame;
    if (!frame) return;
    total += time;
    if (frame.functionName === "(idle)") {
      idle += time;
      return;
    }
    add(own, nameOf(frame), time);
    add(place, packageOf(frame), time);
    add(blamed, blame(id, byId, parent), time);
    const seen = new Set<string>();
    for (let at: number | undefined = id; at !== undefined; at = parent.get(at)) {
      const above = byId.get(at)?.callFrame;
      if (above) seen.add(nameOf(above));
    }
    for (const one of seen)
      if (/^\S+ (core|store|due|actors|services)\//.test(one)) add(inclusive, one, time);
  });
  const busy = total - idle;
  if (busy < 100_000) return;
  console.log(`\n### ${title}: busy ${((busy / total) * 100).toFixed(0)} % of ${(total / 1e6).toFixed(1)} s`);
  print("self time by package", place, busy, 14);
  print("the same, with Node's own and native code counted to the package that called it", blamed, busy, 16);
  print("self time by function", own, busy, Number(values.top));
  print("our functions, with what they call", inclusive, busy, 25);
}

/** The package of the nearest caller outside of Node itself; for native code also its name. */
function blame(id: number, byId: Map<number, Profile["nodes"][number]>, parent: Map<number, number>): string {
  const native = byId.get(id)?.callFrame;
  for (let at: number | undefined = id; at !== undefined; at = parent.get(at)) {
    const frame = byId.get(at)?.callFrame;
    if (!frame?.url || frame.url.startsWith("node:")) continue;
    const isCostly = native && !native.url && /^(write|utf8|postMessage)/.test(native.functionName);
    return isCostly ? `${packageOf(frame)}: ${native.functionName}` : packageOf(frame);
  }
  return native ? `${packageOf(native)} (no caller)` : "?";
}

function print(title: string, times: Map<string, number>, busy: number, top: number): void {
  console.log(` ${title} (% of busy time)`);
  for (const [name, time] of [...times].sort((a, b) => b[1] - a[1]).slice(0, top))
    console.log(`  ${((time / busy) * 100).toFixed(1).padStart(5)}  ${name}`);
}

type Frame = Profile["nodes"][number]["callFrame"];

function shortUrl(url: string): string {
  return url.replace(/^file:\/\//, "").replace(new URL("..", import.meta.url).pathname, "");
}

function nameOf({ functionName, url, lineNumber }: Frame): string {
  return `${functionName || "(anonymous)"} ${url ? `${shortUrl(url)}:${lineNumber + 1}` : ""}`.trim();
}

function packageOf({ functionName, url }: Frame): string {
  if (!url) return functionName.startsWith("(") ? functionName : "native";
  const found = /.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(url);
  if (found) return found[1] as string;
  return url.startsWith("node:") ? (url.split("/")[0] as string) : (shortUrl(url).split("/")[0] as string);
}
