/** Workloads that need more than tasks handed in: retries at their time, a backlog, a target that hangs, a storm. */
import { setTimeout as pause } from "node:timers/promises";
import { fill, project } from "../fill.ts";
import { now } from "../kit/clock.ts";
import { type Quantiles, quantilesOf } from "../kit/figures.ts";
import { usageOf } from "../kit/usage.ts";
import type { Load, LoadPlan } from "../load/generator.ts";
import type { Ledger } from "../load/receiver.ts";
import { originOf } from "../load/work.ts";
import type { Bench, RoundPlan, RoundResult } from "../round.ts";
import type { Bida } from "../systems/bida.ts";
import type { System } from "../systems/system.ts";

/** Of one rate: ms from the time at which a task should have been sent. */
export type Latency = Pick<
  RoundResult,
  "accept" | "firstCall" | "acceptToCall" | "problems" | "loadAverage"
> & {
  rate: number;
  /** Whether the task that was sent last was called within a second. */
  kept: boolean;
};

/** Open loop: tasks are sent at their time, whatever answers take. The first second is not counted. */
export async function latency(
  bench: Bench,
  system: System,
  rate: number,
  seconds: number,
  more: Partial<RoundPlan> = {},
): Promise<Latency> {
  const round = await bench.round(system, {
    via: "http",
    count: Math.round(rate * (seconds + 1)),
    rate,
    connections: 256,
    ...more,
  });
  const { ledger, load, problems, loadAverage } = round;
  const skip = (times: Float64Array, from: Float64Array) =>
    quantilesOf(times.subarray(rate).map((at, i) => at - (from[rate + i] as number)));
  return {
    rate,
    accept: skip(load.accepted, load.submitted),
    firstCall: skip(ledger.first, load.submitted),
    acceptToCall: skip(ledger.first, load.accepted),
    kept: (ledger.first.at(-1) as number) - (load.submitted.at(-1) as number) < 1_000,
    problems,
    loadAverage,
  };
}

export interface Lateness {
  rate: number;
  /** ms from the failure's answer plus the delay to the second call: recording the failure is part of it. */
  late: Quantiles;
  early: number;
  problems: string[];
}

/** Every task's first call fails; the retries come when nothing else does, `rate` of them due per second. */
export async function retryLateness(
  bench: Bench,
  system: System,
  rate: number,
  seconds: number,
): Promise<Lateness> {
  const retryDelayMs = (seconds + 2) * 1000;
  const plan: RoundPlan = { via: "http", count: rate * seconds, rate, behaviour: "once", retryDelayMs };
  const { ledger, problems } = await bench.round(system, { ...plan, connections: 256 });
  const late = ledger.second.map((at, i) => at - (ledger.failed[i] as number) - retryDelayMs);
  return { rate, late: quantilesOf(late), early: late.filter((ms) => ms < 0).length, problems };
}

/** What operators would set for targets that are known to fail now and then; a breaker would hold the retries up. */
export async function withoutBreakers(bench: Bench, bida: Bida): Promise<void> {
  const work = bench.workOf({});
  await bida.setDestinations(
    Array.from({ length: work.destinations }, (_, i) => originOf(work, i)),
    { breaker: { enabled: false } },
  );
}

/** Waiting tasks, due in an hour and later. @returns seconds that the rows and the due set took */
export async function backlog(bench: Bench, bida: Bida, redisUrl: string | null, count: number) {
  const startedAt = now();
  const at = Date.now() + 3_600_000;
  const entries = await fill(bida.db, {
    count,
    work: { ...bench.workOf({}), round: 0 },
    due: { at, gapMs: 1 },
    calls: 0,
    createdAt: Date.now() - 3_600_000 * 24,
  });
  const filledAt = now();
  if (redisUrl) await project(redisUrl, entries);
  return { rowsS: (filledAt - startedAt) / 1000, dueSetS: (now() - filledAt) / 1000 };
}

/** MiB of RSS by role. */
export const memory = (system: System): Record<string, number> =>
  Object.fromEntries(Array.from(system.pids(), ([role, pid]) => [role, usageOf(pid).rss / 2 ** 20]));

/** What {@link latency} is while nothing else happens, once the processes are warm. */
async function baseline(bench: Bench, bida: Bida, rate: number, seconds: number): Promise<Latency> {
  await bench.round(bida, { via: "http", count: 10_000 });
  return latency(bench, bida, rate, seconds);
}

export interface Hanging {
  without: Latency;
  with: Latency;
}

/** 10,000 tasks for a target that never answers, and what that does to the others. To be run last: they stay. */
export async function hanging(bench: Bench, bida: Bida, rate: number, seconds: number): Promise<Hanging> {
  const without = await baseline(bench, bida, rate, seconds);
  const work = bench.workOf({ behaviour: "hang", destinations: 1 });
  await bench.receiver.ask("open", { round: work.round, capacity: 10_000 });
  await bench.generator.ask<Load>("run", {
    submitter: bida.http,
    work,
    count: 10_000,
    batch: 100,
    connections: 4,
    rate: null,
  } satisfies LoadPlan);
  await pause(1_000);
  // Tasks for every destination but the first, which hangs.
  const others = { firstDestination: 1, unfinished: true };
  return { without, with: await latency(bench, bida, rate, seconds, others) };
}

export interface Storm {
  count: number;
  /** From the moment at which all were due to the last call. */
  seconds: number;
  perSecond: number;
  /** ms after that moment. */
  late: Quantiles;
  early: number;
  /** First calls of tasks that were handed in meanwhile, 200 per second. */
  fresh: Latency;
  /** The same without a storm. */
  without: Latency;
  problems: string[];
}

/** Many retries due at one moment. The reconciler finds them in the database; their first calls failed long ago. */
export async function storm(bench: Bench, bida: Bida, count: number): Promise<Storm> {
  const without = await baseline(bench, bida, 200, 4);
  const work = bench.workOf({});
  await bench.receiver.ask("open", { round: work.round, capacity: count });
  const createdAt = Date.now() - 3_600_000 * 12;
  // Time for the rows to be made, and for the reconciler to find them.
  const due = Date.now() + 10_000 + count / 8;
  await fill(bida.db, { count, work, due: { at: due, gapMs: 0 }, calls: 1, createdAt });
  const filledIn = due - Date.now();
  const dueAt = now() + filledIn;
  await pause(Math.max(0, filledIn - 500));
  const meanwhile = latency(bench, bida, 200, 4, { unfinished: true });
  const all = await bench.receiver.ask<boolean>("wait", {
    round: work.round,
    tasks: count,
    withinMs: 180_000,
  });
  const ledger = await bench.receiver.ask<Ledger>("close", { round: work.round });
  const late = ledger.first.map((at) => at - dueAt);
  const seconds = (ledger.last.reduce((a, b) => Math.max(a, b), 0) - dueAt) / 1000;
  const problems =
    all && filledIn > 0 ? [] : ["not all were called, or they were due before all were stored"];
  const fresh = await meanwhile;
  problems.push(...(await unrecorded(bida, `%/${work.round}/%`, count)));
  return {
    count,
    seconds,
    perSecond: count / seconds,
    late: quantilesOf(late),
    // Two clocks are read one after the other: within a millisecond of each other.
    early: late.filter((ms) => ms < -1).length,
    fresh,
    without,
    problems,
  };
}

/** Waits for the record of retries: each has succeeded with its second call. */
async function unrecorded(bida: Bida, url: string, count: number): Promise<string[]> {
  const { knex } = bida.db;
  for (const deadline = now() + 60_000; now() < deadline; await pause(200)) {
    const open = knex("tasks")
      .where("state", 0)
      .where("next_call_at", "<=", Date.now())
      .where("url", "like", url);
    if ((await open.first("task_id")) === undefined) break;
  }
  const [row] = await knex("tasks")
    .where("url", "like", url)
    .where({ state: 1, call_count: 2 })
    .count({ n: "*" });
  const missing = count - Number(row?.n);
  return missing === 0 ? [] : [`${missing} retries are not recorded as delivered`];
}
