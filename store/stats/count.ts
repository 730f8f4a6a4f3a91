/**
 * Counting, in the transaction that makes the change: one row with its {@link Tally}, appended. Nobody updates a row
 * that another transaction writes, so there is nothing to wait for and nothing to deadlock on. `fold.ts` sums up.
 */
import type { Knex } from "knex";
import type { EpochMs } from "../../core/clock.ts";
import { Tally, type Transition } from "../../core/stats.ts";

/** Counts `tally` as of `now`, if `trx` commits. */
export async function countTally(trx: Knex, now: EpochMs, tally: Tally): Promise<void> {
  if (!tally.empty) await trx.raw("INSERT INTO stats_deltas (at, data) VALUES (?, ?)", [now, tally.encode()]);
}

/**
 * Counts changes of state. Whatever stores, changes or deletes tasks calls it, in the same transaction; otherwise the
 * totals go wrong for ever.
 */
export async function countTransitions(trx: Knex, now: EpochMs, transitions: Transition[]): Promise<void> {
  const tally = new Tally();
  for (const transition of transitions) tally.transition(transition);
  await countTally(trx, now, tally);
}
