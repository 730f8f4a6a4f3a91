/**
 * Wrong passwords at kkbida's endpoint. They are counted here, at each node, and not with the admin service: accepting
 * goes on without it. An address that nobody knows waits longer and longer, as logins do; all such addresses together may be
 * wrong once a second. One that was right before waits a second at most: behind it stand clients that have work to hand over, and
 * one that still has an old password must not stop them for long. A connection that was right is not held back at all.
 */
import { networkOf } from "../../core/addresses.ts";
import { type EpochMs, epochMs, seconds } from "../../core/clock.ts";
import {
  ACQUAINTANCE,
  type Attempts,
  FAILURES_KEPT,
  FREE_PER_ADDRESS,
  loginWait,
} from "../../core/logins.ts";

/** Of all addresses together, before they have to share. */
const FREE_IN_TOTAL = 100;
const LONGEST_SHARED = seconds(1);
const MAX_ADDRESSES = 10_000;

/** Milliseconds of a clock that never goes back, for the rules of `core/logins.ts`. */
const steady = (): EpochMs => epochMs(Math.round(performance.now()));

export class Guesses {
  readonly #now: () => EpochMs;
  /** By network; the one that was heard of longest ago is first. */
  readonly #addresses = new Map<string, Attempts>();
  /** Connections over which the last password was right. */
  readonly #right = new WeakSet<object>();
  #total: Attempts | null = null;

  constructor(now: () => EpochMs = steady) {
    this.#now = now;
  }

  /** How long a caller has to wait before a password is looked at, in ms; 0: not at all. */
  wait(address: string, connection: object): number {
    if (this.#right.has(connection)) return 0;
    const now = this.#now();
    const known = this.#addresses.get(networkOf(address)) ?? null;
    if (known !== null && known.succeededAt !== null && now - known.succeededAt < ACQUAINTANCE)
      return loginWait(known, FREE_PER_ADDRESS, now, LONGEST_SHARED);
    return Math.max(
      loginWait(known, FREE_PER_ADDRESS, now),
      loginWait(this.#total, FREE_IN_TOTAL, now, LONGEST_SHARED),
    );
  }

  wrong(address: string, connection: object): void {
    const failedAt = this.#now();
    const count = (before: Attempts | null | undefined): Attempts => ({
      failures: areForgotten(before, failedAt) ? 1 : (before?.failures ?? 0) + 1,
      failedAt,
      succeededAt: before?.succeededAt ?? null,
    });
    this.#right.delete(connection);
    this.#keep(networkOf(address), count);
    this.#total = count(this.#total);
  }

  right(address: string, connection: object): void {
    this.#right.add(connection);
    const succeededAt = this.#now();
    this.#keep(networkOf(address), () => ({ failures: 0, failedAt: succeededAt, succeededAt }));
  }

  #keep(key: string, change: (before: Attempts | undefined) => Attempts): void {
    const after = change(this.#addresses.get(key));
    this.#addresses.delete(key);
    this.#addresses.set(key, after);
    if (this.#addresses.size > MAX_ADDRESSES)
      this.#addresses.delete(this.#addresses.keys().next().value as string);
  }
}

/** Whether failures lie too far back to count on. */
const areForgotten = (before: Attempts | null | undefined, now: EpochMs): boolean =>
  !before || now - before.failedAt > FAILURES_KEPT;
