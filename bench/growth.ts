/**
 * `npm run bench:growth [-- --stored 10000000] [--backlog 1000000] [--destinations 10000] [--quick]`: how throughput and the cost of a claim change as
 * things grow. Writes bench/results/growth.json, from which `npm run bench:plot` draws. All of it takes twelve minutes, with 10 GB for ten million stored tasks.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import os from "node:os";
import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { fill } from "./fill.ts";
import { counts } from "./kit/counters.ts";
import * as servers from "./kit/servers.ts";
import { machine } from "./machine.ts";
import { inTurns } from "./measure.ts";
import { Bench, type RoundPlan } from "./round.ts";
import { Bida } from "./systems/bida.ts";
import { backlog, memory } from "./workloads/special.ts";

export interface Point {
  x: number;
  perSecond: number;
  /** Redis's time in scripts, per callback, in µs: admit, claim and settle. */
  redisUs: number;
  /** CPU time of each process per callback, in µs. */
  cpuUs: Record<string, number>;
  /** MiB. */
  rss: Record<string, number>;
}
export interface Growth {
  startedAt: string;
  machine: ReturnType<typeof machine>;
  loadAverage: number[];
  /** By what grows: backlog, stored, destinations, nodes. */
  series: Record<string, Point[]>;
  problems: string[];
}

const { values } = parseArgs({
  options: {
    stored: { type: "string", default: "10000000" },
    backlog: { type: "string", default: "1000000" },
    destinations: { type: "string", default: "10000" },
    nodes: { type: "string", default: "3" },
    quick: { type: "boolean", default: false },
  },
});
const [ROUNDS, SECONDS] = values.quick ? [2, 1.5] : [5, 3];
const growth: Growth = {
  startedAt: new Date().toISOString(),
  machine: machine(),
  loadAverage: os.loadavg(),
  series: {},
  problems: [],
};

const bench = await Bench.start();
const [mariadb, redis, nats] = await Promise.all([
  servers.mariadb(),
  servers.redis("everysec"),
  servers.nats(),
]);
const own = { mariadb, redis, nats };
try {
  await series("nodes", steps(1, Number(values.nodes), 1), async (bida, nodes) => {
    if (nodes > 1) await bida.grow();
    return {};
  });
  await series("destinations", powers(1, Number(values.destinations)), async (_, destinations) => ({
    destinations,
  }));
  let waiting = 0;
  await series("backlog", powers(1_000, Number(values.backlog)), async (bida, count) => {
    await backlog(bench, bida, redis.url, count - waiting);
    waiting = count;
    return {};
  });
  let stored = 0;
  await series("stored", powers(10_000, Number(values.stored)), async (bida, count) => {
    const work = { ...bench.workOf({}), round: 0 };
    const createdAt = Date.now() - 20 * 86_400_000;
    await fill(bida.db, { count: count - stored, work, due: null, calls: 1, createdAt });
    stored = count;
    return {};
  });
} finally {
  const folder = resolve(import.meta.dirname, "results");
  mkdirSync(folder, { recursive: true });
  writeFileSync(resolve(folder, "growth.json"), `${JSON.stringify(growth, null, 1)}\n`);
  await bench.stop();
  await Promise.all([mariadb.stop(), redis.stop(), nats.stop()]);
}
for (const problem of growth.problems) console.log(problem);
process.exit(growth.problems.length > 0 ? 1 : 0);

/** A cluster of its own for each series; `prepare` makes it as large as `x` says. */
async function series(
  name: string,
  xs: number[],
  prepare: (bida: Bida, x: number) => Promise<Partial<RoundPlan>>,
): Promise<void> {
  if (xs.length === 0) return;
  const bida = await Bida.start({ servers: own });
  const points: Point[] = [];
  growth.series[name] = points;
  try {
    for (const x of xs) {
      const more = await prepare(bida, x);
      const before = await counts(own);
      const cell = { key: `${name} ${x}`, system: bida, plan: { via: "http" as const, ...more } };
      const [found] = await inTurns(bench, [cell], ROUNDS, SECONDS, console.log);
      const after = await counts(own);
      if (!found) continue;
      for (const { problems } of found.rounds) growth.problems.push(...problems);
      const middle = found.rounds.toSorted((a, b) => a.perSecond - b.perSecond)[found.rounds.length >> 1];
      const us = (after["redis evalsha µs"] ?? 0) - (before["redis evalsha µs"] ?? 0);
      points.push({
        x,
        perSecond: found.perSecond,
        redisUs: us / found.handed,
        cpuUs: Object.fromEntries(
          Object.entries(middle?.costs ?? {}).map(([role, cost]) => [role, cost.cpuPer1000 * 1_000]),
        ),
        rss: memory(bida),
      });
    }
  } finally {
    await bida.stop();
  }
}

function powers(from: number, to: number): number[] {
  const all: number[] = [];
  for (let x = from; x <= to; x *= 10) all.push(x);
  return all;
}

function steps(from: number, to: number, by: number): number[] {
  return Array.from({ length: Math.max(0, Math.floor((to - from) / by) + 1) }, (_, i) => from + i * by);
}
