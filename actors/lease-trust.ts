/**
 * How long this process may believe that its leases hold, without asking. A process that was stopped (SIGSTOP, a VM
 * pause) wakes with leases that others have taken meanwhile; it must not start calls on them.
 *
 * The window is anchored where the request that got or renewed the lease *began*, so a slow answer cannot stretch
 * it, and ends a margin before the lease does. Time is the machine's monotonic clock, the same in all threads.
 */

import type { Job } from "../core/job.ts";

/** Part of the lease that is not trusted. */
export const MARGIN = 0.2;

/** How far a job's lease may be trusted. Monotonic ms of this machine. */
export interface Trust {
  /** By its own grant. */
  trustedUntil: number;
  /**
   * Only heartbeats that began then, or later, say something of it. A heartbeat renews what is held when it begins, and lasts
   * for what came meanwhile only where that had a fifth of its lease behind it at most; a reply that lay in a buffer is older.
   * Missing: all do.
   */
  heldFrom?: number | undefined;
}

/** A job on this node. */
export interface LeasedJob extends Job, Trust {
  /** Its mark's (`marks.ts`). */
  place?: number | undefined;
  /** Its target has not answered this dispatcher lately. Missing where it has: threads read each property of each job. */
  stranger?: true;
}

/** Monotonic milliseconds; comparable between threads of one process. */
export const monotonicMs = (): number => Number(process.hrtime.bigint() / 1_000n) / 1_000;

/** The end of trust for a lease of `leaseMs` asked for at `requestedAt`. */
export const trustedUntil = (requestedAt: number, leaseMs: number): number =>
  requestedAt + leaseMs * (1 - MARGIN);

/** The end of trust that the last heartbeat gave to everything held; shared between threads. */
export class LeaseTrust {
  readonly buffer: SharedArrayBuffer;
  readonly #view: BigInt64Array;

  constructor(buffer: SharedArrayBuffer = new SharedArrayBuffer(16)) {
    this.buffer = buffer;
    this.#view = new BigInt64Array(buffer);
  }

  /**
   * @param until see {@link trustedUntil}
   * @param requestedAt when the heartbeat began, monotonic ms
   */
  renew(until: number, requestedAt: number): void {
    // In this order: anyone who reads the new end knows its beginning.
    Atomics.store(this.#view, 1, BigInt(Math.floor(requestedAt)));
    Atomics.store(this.#view, 0, BigInt(Math.floor(until)));
  }

  /** Whether a lease still holds, by its grant or by a heartbeat since. */
  holds({ trustedUntil: granted, heldFrom = Number.NEGATIVE_INFINITY }: Trust): boolean {
    const now = monotonicMs();
    if (now < granted) return true;
    return now < Number(Atomics.load(this.#view, 0)) && Number(Atomics.load(this.#view, 1)) >= heldFrom;
  }
}
