/** What processes cost, from /proc (Linux): CPU time of a process with all its threads, and resident memory. */
import { readFileSync } from "node:fs";

/** USER_HZ; it is 100 on every Linux that Node runs on. */
const TICKS_PER_SECOND = 100;
const PAGE = 4096;

export interface Usage {
  /** User and system time since its start, in seconds; resolution 10 ms. */
  cpuS: number;
  /** Resident set size in bytes. */
  rss: number;
}

/** @returns zeros where there is no such process */
export function usageOf(pid: number): Usage {
  try {
    return usageIn(readFileSync(`/proc/${pid}/stat`, "utf8"));
  } catch {
    return { cpuS: 0, rss: 0 };
  }
}

/** @param stat of a process, or of one of its threads */
export function usageIn(stat: string): Usage {
  // The name in parentheses may hold spaces; what follows it does not.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return {
    cpuS: (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND,
    rss: Number(fields[21]) * PAGE,
  };
}

/** Of each process: CPU seconds and bytes of RSS per 1,000 callbacks. */
export type Costs = Record<string, { cpuS: number; rss: number; cpuPer1000: number; rssPer1000: number }>;

/** Begins to measure; the result ends it. */
export function measuring(pids: Map<string, number>): (callbacks: number) => Costs {
  const before = new Map(Array.from(pids, ([role, pid]) => [role, usageOf(pid)]));
  return (callbacks) =>
    Object.fromEntries(
      Array.from(pids, ([role, pid]) => {
        const { cpuS, rss } = usageOf(pid);
        const spent = cpuS - (before.get(role)?.cpuS ?? 0);
        const thousands = callbacks / 1000;
        return [role, { cpuS: spent, rss, cpuPer1000: spent / thousands, rssPer1000: rss / thousands }];
      }),
    );
}
