/**
 * How long this process may believe that its leases hold, without asking. A process that was stopped (SIGSTOP, a VM
 * pause) wakes with leases that others have taken meanwhile; it must not start calls on them.
 *
 * The window is anchored where the request that got or renewed the lease *began*, so that a slow answer cannot stretch
 * it, and ends a margin before the lease does. Time is the machine's monotonic clock, the same in all threads.
 */

import type { Job } from "../core/job.ts";

/** A job on this node; `trustedUntil` is monotonic ms of this machine, `place` its mark's (`marks.ts`). */
export type LeasedJob = Job & { trustedUntil: number; place?: number | undefined };

/** Part of the lease that is not trusted. */
const MARGIN = 0.2;

/** Monotonic milliseconds; comparable between threads of one process. */
export const monotonicMs = (): number => Number(process.hrtime.bigint() / 1_000n) / 1_000;

/** The end of trust for a lease of `leaseMs` asked for at `requestedAt`. */
export const trustedUntil = (requestedAt: number, leaseMs: number): number =>
  requestedAt + leaseMs * (1 - MARGIN);

/** The end of trust that the last heartbeat gave to everything held; shared between threads. */
export class LeaseTrust {
  readonly buffer: SharedArrayBuffer;
  readonly #view: BigInt64Array;

  constructor(buffer: SharedArrayBuffer = new SharedArrayBuffer(8)) {
    this.buffer = buffer;
    this.#view = new BigInt64Array(buffer);
  }

  /** @param until see {@link trustedUntil} */
  renew(until: number): void {
    Atomics.store(this.#view, 0, BigInt(Math.floor(until)));
  }

  /** Whether a lease first granted until `granted` still holds, by its grant or by a heartbeat since. */
  holds(granted: number): boolean {
    const now = monotonicMs();
    return now < granted || now < Number(Atomics.load(this.#view, 0));
  }
}
