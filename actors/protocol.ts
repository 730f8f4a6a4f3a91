/** Messages between the dispatcher's main thread and its worker threads. */
import type { ClockSample } from "../core/clock.ts";
import type { Outcome } from "../core/job.ts";
import type { LeasedJob } from "./lease-trust.ts";

/** What a thread is started with. */
export interface ThreadSettings {
  node: string;
  egressAllow: string[];
  /** Calls in flight. */
  concurrency: number;
  /** {@link LeaseTrust}'s buffer. */
  trust: SharedArrayBuffer;
  /** {@link Marks}' buffer. */
  marks: SharedArrayBuffer;
  /** {@link ThreadGauges}' buffer. */
  gauges: SharedArrayBuffer;
}

export type ToThread =
  | { type: "deliver"; jobs: LeasedJob[] }
  /** A sample of the cluster's clock. */
  | { type: "clock"; sample: ClockSample }
  | { type: "lost"; taskIds: string[] }
  /** Hand back what has not started; answer `drained` when nothing is in flight. */
  | { type: "drain" };

export type FromThread =
  | { type: "outcomes"; outcomes: Outcome[] }
  | { type: "givenUp"; taskIds: string[]; why: "lost" | "handBack" }
  | { type: "drained" };
