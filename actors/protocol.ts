/** Messages between the dispatcher's main thread and its worker threads. Jobs are named by {@link LeaseName}. */
import type { ClockSample } from "../core/clock.ts";
import type { EgressRules } from "../core/egress.ts";
import type { Outcome } from "../core/job.ts";
import type { LeaseName } from "../core/lease.ts";
import type { Blocked } from "./egress.ts";
import type { LeasedJob } from "./lease-trust.ts";
import type { LocalFailure } from "./local-failure.ts";

/** What a thread is started with. */
export interface ThreadSettings {
  node: string;
  egress: EgressRules;
  /** URL. */
  egressProxy: string | null;
  /** Empty: those of the system. */
  dnsServers: string[];
  /** Sockets that its calls may have. */
  sockets: number;
  /** Calls in flight. */
  concurrency: number;
  /** Of them, to one origin. */
  destinationConcurrency: number;
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
  /** Calls may reach this from now on. */
  | { type: "egress"; rules: EgressRules }
  /** These must not begin any more. */
  | { type: "lost"; leases: LeaseName[] }
  /** Hand back what has not started; answer `drained` when nothing is in flight. */
  | { type: "drain" };

/** Why a thread gives up a job that has not begun. */
export type ThreadGivesUp = "lost" | "untrusted" | "handBack" | "putBack";

export type FromThread =
  | { type: "outcomes"; outcomes: Outcome[] }
  | { type: "givenUp"; leases: LeaseName[]; why: ThreadGivesUp }
  /** A call could not be made, through this machine's own fault; `message` says why. */
  | { type: "notMade"; failure: LocalFailure; message: string }
  /** A call was not made, because its target may not be reached. */
  | { type: "blocked"; blocked: Blocked }
  | { type: "drained" };
