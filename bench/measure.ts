/** Throughput of several systems in turn: warm-up, then short rounds that take turns, so noise falls on all alike. */
import { now } from "./kit/clock.ts";
import { median } from "./kit/figures.ts";
import type { Bench, RoundPlan, RoundResult } from "./round.ts";
import type { System } from "./systems/system.ts";

export interface Cell {
  /** `system.workload`. */
  key: string;
  system: System;
  plan: Omit<RoundPlan, "count">;
  /** Tasks in the first round of the warm-up. */
  warmUp?: number;
}

export interface Measured {
  key: string;
  /** Median of the rounds: delivered and recorded per second. */
  perSecond: number;
  /** Median of the rounds: CPU time of all of the system's processes per callback, in µs. */
  cpuUs: number;
  rounds: RoundResult[];
  /** Tasks in all, warm-up included. */
  handed: number;
}

const WARM_UP_MS = 9_000;
/** Tasks of a round: the kernel counts CPU time in steps of 10 ms. */
const LEAST = 1_500;

export type Say = (line: string) => void;

/** @param seconds that a round should take; the number of tasks follows from the warm-up */
export async function inTurns(
  bench: Bench,
  cells: Cell[],
  rounds: number,
  seconds: number,
  say: Say,
): Promise<Measured[]> {
  const counts = new Map<Cell, number>();
  const handed = new Map<Cell, number>();
  for (const cell of cells) {
    const warm = await warmUp(bench, cell);
    const count = Math.max(LEAST, Math.round(warm.perSecond * seconds));
    counts.set(cell, count);
    handed.set(cell, warm.handed + rounds * count);
  }
  const results = new Map(cells.map((cell) => [cell, [] as RoundResult[]]));
  for (let i = 0; i < rounds; i++) {
    for (const cell of cells) {
      const { ledger, load, ...result } = await bench.round(cell.system, {
        ...cell.plan,
        count: counts.get(cell) as number,
      });
      results.get(cell)?.push(result);
      say(`  ${cell.key.padEnd(28)} ${line(result)}`);
    }
  }
  return cells.map((cell) => {
    const all = results.get(cell) as RoundResult[];
    return {
      key: cell.key,
      perSecond: median(all.map(({ perSecond }) => perSecond)),
      cpuUs: median(all.map(({ cpuUs }) => cpuUs)),
      rounds: all,
      handed: handed.get(cell) as number,
    };
  });
}

/**
 * Rounds of about a second until two in a row are no faster than those before, or it has taken too long. Node processes become twice as fast
 * within the first 20,000 tasks, Bida's and those of peers alike.
 */
async function warmUp(bench: Bench, cell: Cell): Promise<{ perSecond: number; handed: number }> {
  const startedAt = now();
  let count = cell.warmUp ?? 1_000;
  let [perSecond, handed, settled] = [0, 0, 0];
  while (settled < 2 && now() - startedAt < WARM_UP_MS) {
    const round = await bench.round(cell.system, { ...cell.plan, count });
    handed += count;
    settled = round.perSecond < perSecond * 1.05 ? settled + 1 : 0;
    perSecond = Math.max(perSecond, round.perSecond);
    count = Math.max(500, Math.round(perSecond));
  }
  return { perSecond, handed };
}

export function line(result: RoundResult): string {
  const { perSecond, acceptedPerSecond, count, accept, firstCall, problems, extraCalls, refused } = result;
  const ms = (value: number) => value.toFixed(1);
  return [
    `${Math.round(result.cpuUs)} µs of CPU each, ${Math.round(perSecond)}/s (accepted ${Math.round(acceptedPerSecond)}/s, ${count} tasks)`,
    `accept ${ms(accept.p50)}/${ms(accept.p99)} ms, first call ${ms(firstCall.p50)}/${ms(firstCall.p99)} ms`,
    ...(extraCalls > 0 ? [`${extraCalls} calls too many`] : []),
    ...(refused > 0 ? [`${refused} refused`] : []),
    ...problems,
  ].join("; ");
}
