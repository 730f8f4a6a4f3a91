/** What nodes said of themselves while they ran (sampled.mjs). */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { FaultRecord } from "./fault.ts";

export interface Sampling {
  /** Every node writes to `<folder>/<seat>.jsonl`. */
  folder: string;
  everyMs: number;
  /** Whether garbage is collected before each. */
  collect?: boolean;
}

export interface Sample {
  /** ms since the epoch, on the node's clock. */
  at: number;
  /** 0: the main thread. */
  threadId: number;
  rss: number;
  /** What this thread's heap has, and what hangs on it. */
  held: number;
  /** Event-loop delay since the sample before, in ms. */
  p99: number;
  max: number;
}

export function samplesOf({ folder }: Sampling, seat: string): Sample[] {
  const file = join(folder, `${seat}.jsonl`);
  if (!existsSync(file)) return [];
  // A node that was killed may have left half a line.
  const lines = readFileSync(file, "utf8").split("\n");
  return lines.filter((line) => line.endsWith("}")).map((line) => JSON.parse(line) as Sample);
}

/**
 * Times when a process got no turn for more than a quarter of a lease, because the machine was busy with something
 * else: that is a fault too, and nobody's promise. Freezes by SIGSTOP are among them.
 */
export function stallsIn(sampling: Sampling, seats: string[], leaseMs: number): FaultRecord[] {
  return seats.flatMap((seat) =>
    samplesOf(sampling, seat)
      .filter(({ max }) => max > leaseMs / 4)
      .map(({ at, max }) => ({
        kind: "stall",
        target: `${seat}, ${Math.round(max)} ms`,
        startedAt: at - max - sampling.everyMs,
        endedAt: at,
        outage: false,
        excuses: ["repeat", "overlap"],
      })),
  );
}
