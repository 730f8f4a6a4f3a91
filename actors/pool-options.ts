/** What the pool and each of its threads are told. */
import type { Clock } from "../core/clock.ts";
import type { EgressRules } from "../core/egress.ts";
import type { Outcome } from "../core/job.ts";
import type { LeaseName } from "../core/lease.ts";
import type { Blocked } from "./egress.ts";
import type { GivenUp } from "./held-lease.ts";
import type { Ledger } from "./ledger.ts";
import type { LocalFailure } from "./local-failure.ts";

export interface PoolOptions {
  threads: number;
  /** Calls in flight per thread. */
  concurrency: number;
  /** Of them, to one origin. */
  destinationConcurrency: number;
  node: string;
  /** At the start; see {@link WorkerPool.egress}. */
  egress: EgressRules;
  /** URL of the proxy that calls go through. */
  egressProxy: string | null;
  /** Empty: those of the system. */
  dnsServers: string[];
  /** Sockets that each thread's calls may have. */
  sockets: number;
  ledger: Ledger;
  /** The cluster's. */
  clock: Clock;
  /** A thread that does not answer for so long is `silent`: its leases are not renewed, and it gets no jobs. In ms. */
  silentAfterMs?: number;
  /** It is ended after so long. In ms. */
  endedAfterMs: number;
  onOutcomes(outcomes: Outcome[]): void;
  /** Jobs that will not be called here; they are in the ledger still. */
  onGivenUp(leases: LeaseName[], why: GivenUp): void;
  /** A call could not be made, through this machine's own fault; it is given up as `putBack` after a pause. */
  onNotMade(failure: LocalFailure, message: string): void;
  /** A call's target may not be reached. */
  onBlocked(blocked: Blocked): void;
  /** A thread does not answer, or answers again. */
  onSilent(thread: number, silent: boolean): void;
  /** A thread died, or was ended; a new one is being started. */
  onCrash(thread: number, error: Error): void;
}
