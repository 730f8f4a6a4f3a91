/** How much of the machine a system takes at rates far below what it could do, where most installations live, and at none. */
import { setTimeout as pause } from "node:timers/promises";
import { now } from "../kit/clock.ts";
import type { Quantiles } from "../kit/figures.ts";
import { measuring } from "../kit/usage.ts";
import { type Bench, OUTSIDE } from "../round.ts";
import type { System } from "../systems/system.ts";

export interface RateUsage {
  /** Tasks per second; 0: idle. */
  rate: number;
  seconds: number;
  /** Whether the last task was called and recorded within a second of its time. */
  kept: boolean;
  /** Cores in use by all of its processes, servers included. */
  cores: number;
  /** The same by process. */
  byRole: Record<string, number>;
  /** ms from the time at which a task should have been sent; null where none was. */
  firstCall: Quantiles | null;
  problems: string[];
}

/**
 * Open loop, single POSTs. What was spent until the last record, by the time in which the tasks came: on a machine that stood still
 * for a while the wait for the end would make it look cheap.
 */
export async function usageAtRate(
  bench: Bench,
  system: System,
  rate: number,
  seconds: number,
): Promise<RateUsage> {
  const round = await bench.round(system, { via: "http", count: Math.round(rate * seconds), rate });
  const byRole = coresOf(round.costs, round.count / rate);
  return {
    rate,
    seconds: round.seconds,
    kept: round.seconds < round.count / rate + 1,
    cores: sum(byRole),
    byRole,
    firstCall: round.firstCall,
    problems: round.problems,
  };
}

/**
 * All of them do nothing at the same time: they are measured beside each other. The kernel's account is read in steps of 10 ms,
 * so 20 s tell 0.001 cores per process.
 */
export async function usageIdle(systems: System[], seconds: number): Promise<Map<string, RateUsage>> {
  const measures = systems.map((system) => ({ name: system.name, costs: measuring(system.pids()) }));
  const startedAt = now();
  await pause(seconds * 1000);
  const took = (now() - startedAt) / 1000;
  return new Map(
    measures.map(({ name, costs }) => {
      const byRole = coresOf(costs(1), took);
      return [
        name,
        { rate: 0, seconds: took, kept: true, cores: sum(byRole), byRole, firstCall: null, problems: [] },
      ];
    }),
  );
}

function coresOf(costs: ReturnType<ReturnType<typeof measuring>>, seconds: number): Record<string, number> {
  const own = Object.entries(costs).filter(([role]) => !OUTSIDE.has(role));
  return Object.fromEntries(own.map(([role, { cpuS }]) => [role, cpuS / seconds]));
}

const sum = (numbers: Record<string, number>): number => Object.values(numbers).reduce((a, b) => a + b, 0);
