/** What the threads of a process cost, from /proc (Linux). */
import { readdirSync, readFileSync } from "node:fs";
import { usageIn } from "./usage.ts";

export interface ThreadUsage {
  name: string;
  /** Since its start, in seconds; resolution 10 ms. */
  cpuS: number;
  /** How often it went to sleep of its own accord: so often it was woken. */
  wakeUps: number;
}

/** By thread id; threads that have ended are missing. */
export function threadsOf(pid: number): Map<string, ThreadUsage> {
  const found = new Map<string, ThreadUsage>();
  for (const id of readdirSync(`/proc/${pid}/task`)) {
    try {
      const read = (file: string) => readFileSync(`/proc/${pid}/task/${id}/${file}`, "utf8");
      found.set(id, {
        name: read("comm").trim(),
        cpuS: usageIn(read("stat")).cpuS,
        wakeUps: Number(/^voluntary_ctxt_switches:\s+(\d+)/m.exec(read("status"))?.[1]),
      });
    } catch {
      // It has ended meanwhile.
    }
  }
  return found;
}

/** What happened between two looks, by name: threads of one name are one row, the costliest first. */
export function threadCosts(
  before: Map<string, ThreadUsage>,
  after: Map<string, ThreadUsage>,
): (ThreadUsage & { threads: number })[] {
  const rows = new Map<string, ThreadUsage & { threads: number }>();
  for (const [id, { name, cpuS, wakeUps }] of after) {
    const row = rows.get(name) ?? { name, cpuS: 0, wakeUps: 0, threads: 0 };
    row.cpuS += cpuS - (before.get(id)?.cpuS ?? 0);
    row.wakeUps += wakeUps - (before.get(id)?.wakeUps ?? 0);
    row.threads += 1;
    rows.set(name, row);
  }
  return [...rows.values()].filter(({ wakeUps }) => wakeUps > 0).sort((a, b) => b.cpuS - a.cpuS);
}
