/** What a run found: written as JSON, printed as tables, judged by `targets.ts`. */
import type { Measured } from "./measure.ts";
import type { RateUsage } from "./workloads/rates.ts";
import type { Hanging, Latency, Lateness, Storm } from "./workloads/special.ts";

export interface Result {
  startedAt: string;
  quick: boolean;
  machine: { cpu: string; cores: number; memoryGiB: number; node: string; kernel: string };
  /** Before, and of each minute: [1, 5, 15 minutes]. */
  loadAverage: { before: number[]; after: number[] };
  /** What the generator reached against a server that does nothing. */
  generatorPerSecond: number;
  /** By `system.workload`. */
  throughput: Record<string, Measured>;
  /** Cores in use, by system and rate: `cluster@200`; `cluster@0`: idle. */
  rates: Record<string, RateUsage>;
  /** By system and rate, `cluster@1000`. */
  latency: Record<string, Latency>;
  lateness: Record<string, Lateness>;
  backlog: Record<string, Backlog>;
  storm: Record<string, Storm>;
  hanging: Record<string, Hanging>;
  skipped: string[];
  /** Anything here fails the run. */
  problems: string[];
  seconds: number;
}

export interface Backlog {
  count: number;
  rowsS: number;
  dueSetS: number;
  without: Measured;
  with: Measured;
  /** MiB of RSS by role, before the backlog was there and after the rounds with it. */
  rssBefore: Record<string, number>;
  rss: Record<string, number>;
  /** From the start of all nodes beside the backlog until they are ready, in s. */
  readyS: number;
}
