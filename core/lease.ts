/**
 * A lease: one holder may make one attempt of one task. The attempt's number says which call it is for, the time at which
 * the entry was due tells it from other leases for the same call (`due/due-set.ts`).
 */
import { type Millis, millis } from "./clock.ts";
import type { DueEntry, Job } from "./job.ts";

/** How long a task's row is the lease of its first call: a lease, ten seconds at most. Nobody looks for it before that is over. */
export const handedFor = (leaseMs: Millis): Millis => millis(Math.min(leaseMs, 10_000));

export interface Lease extends DueEntry {
  /** The attempt that it is for, 1 for the first call. */
  n: number;
  /** The dispatcher's run that has it. */
  holder: string;
}

/** What a call is known by within its dispatcher. Its lease may be replaced by a later one; the call stays the same. */
export type LeaseName = Pick<Lease, "taskId" | "n">;

declare const brand: unique symbol;
/** A {@link LeaseName} as text. */
export type LeaseKey = string & { readonly [brand]: "LeaseKey" };

export const leaseKey = ({ taskId, n }: LeaseName): LeaseKey => `${taskId}#${n}` as LeaseKey;

export const leaseFor = ({ taskId, lane, app, first, dueAt, n }: Job, holder: string): Lease => ({
  taskId,
  lane,
  app,
  first,
  dueAt,
  n,
  holder,
});
