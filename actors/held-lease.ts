/** What the ledger (`ledger.ts`) holds and says: its entries, and what is to be done about them. */
import type { DueEntry, Job, Outcome } from "../core/job.ts";
import type { Lease } from "../core/lease.ts";
import type { LeasedJob } from "./lease-trust.ts";

export type LeaseState = "claimed" | "begun" | "ended";

/**
 * Why a job left without an outcome. `untrusted`: its lease may have run out before its call began; `putBack`: this machine
 * could not make the call.
 */
export type GivenUp = "lost" | "untrusted" | "handBack" | "putBack" | "crashed";

/** A lease in the ledger. Nobody but the ledger changes it. */
export interface HeldLease {
  /** The newest for its call. */
  lease: Lease;
  /** Null once it has ended: payloads do not stay. */
  job: LeasedJob | null;
  /** Index of the thread that has the job. */
  thread: number;
  /** Jobs of its lane that threads had when it came. */
  ahead: number;
  /** Nothing is known of its target, or nothing good. */
  stranger: boolean;
  outcome: Outcome | null;
  /** When its outcome came, monotonic ms; 0 before. */
  endedAt: number;
  /** Until when its lease is in the task's row, epoch ms; null where the due set has it (see {@link Job.handedUntil}). */
  handedUntil: number | null;
  /** A heartbeat has asked the due set to take the lease in, and nobody knows yet whether it did. */
  unsure: boolean;
  /** It is somebody else's, or over: not renewed, and not released. */
  lost: boolean;
  /** The due set took it in as one that it did not know, maybe after it had been settled. */
  adopted: boolean;
  /** An earlier attempt of the same task that is here still. */
  older: HeldLease | null;
}

/** What becomes of jobs that were claimed. */
export interface Claimed {
  /** To be called. */
  fresh: HeldLease[];
  /** Waiting calls of earlier attempts, which must not begin any more. */
  superseded: HeldLease[];
  /** Leases for attempts that are on record for certain: to be released. */
  surplus: Lease[];
}

/** A lease as a heartbeat named it. */
export interface NamedLease {
  held: HeldLease;
  lease: Lease;
}

/** Leases for the scheduler, as `scheduler.release` takes them. */
export interface Releases {
  entries: DueEntry[];
  handed: DueEntry[];
  ended: DueEntry[];
}

/** Jobs of strangers that threads have. */
export interface Strangers {
  first: number;
  retries: number;
  /** About the size of their payloads. */
  bytes: number;
}

/** After a call that failed there may be a next one: what its lease comes to, the row decides. */
export const hasSucceeded = ({ outcome }: HeldLease): boolean => outcome?.attempt?.outcome === "succeeded";

/** About the size of what it sends. */
export const payloadOf = ({ body, bodyBase64, requestParam }: Job): number =>
  (body?.length ?? 0) + (bodyBase64?.length ?? 0) + (requestParam?.length ?? 0);

export const noReleases = (): Releases => ({ entries: [], handed: [], ended: [] });
