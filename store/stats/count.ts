/**
 * Counting, in the transaction that makes the change: one row with its {@link Tally}, appended. Nobody updates a row
 * that another transaction writes, so there is nothing to wait for and nothing to deadlock on. `fold.ts` sums up.
 */
import type { Knex } from "knex";
import type { EpochMs } from "../../core/clock.ts";
import { Tally, type Transition } from "../../core/stats.ts";
import type { Insert } from "../drivers/statement.ts";
import { insertMany } from "../sql.ts";

/** The row that counts `tally` as of `now`; to be committed with what it counts. */
export function deltaOf(now: EpochMs, tally: Tally): Insert {
  return {
    table: "stats_deltas",
    columns: ["at", "data", "by_app"],
    rows: tally.empty ? [] : [[now, tally.encode(), tally.encodeByApp()]],
  };
}

/** Counts `tally` as of `now`, if `trx` commits. */
export async function countTally(trx: Knex, now: EpochMs, tally: Tally): Promise<void> {
  const { table, columns, rows } = deltaOf(now, tally);
  await insertMany(trx, table, columns, rows);
}

/**
 * Counts changes of state. Whatever stores, changes or deletes tasks calls it, in the same transaction; otherwise the
 * totals go wrong for ever.
 */
export async function countTransitions(trx: Knex, now: EpochMs, transitions: Transition[]): Promise<void> {
  await countTally(trx, now, tallyOf(transitions));
}

export function tallyOf(transitions: Transition[]): Tally {
  const tally = new Tally();
  for (const transition of transitions) tally.transition(transition);
  return tally;
}
