/** What a due set may find wrong with itself, having lost a part of what it holds. See the invariants in `lua/common.lua`. */

/** Kind → what it says. They are values of the label of `bida_due_repairs_total`. */
export const FINDINGS = {
  leases: "entries that somebody holds and that are not leased",
  holders: "entries that somebody held and that wait again",
  ends: "leases that end later than any lease can",
  future: "times of a destination's health that lie ahead",
  leased: "lanes whose leases were counted wrongly",
  queues: "queues that their lanes did not know",
  turns: "queues that never had their turn",
  turn: "the counter of turns",
  troubled: "open breakers that were not listed",
  readies: "the number of ready entries",
  missing: "ready entries that are gone",
} as const;

export type Finding = keyof typeof FINDINGS;

export interface Findings {
  /** How many of each kind there were; empty: nothing is wrong. */
  wrong: Partial<Record<Finding, number>>;
  /** Lanes that the set knows settings of. */
  settings: number;
}

/** Whether entries may be missing, so the set has to be built anew from the database. */
export const lacksEntries = ({ wrong }: Findings): boolean =>
  wrong.leases !== undefined || wrong.missing !== undefined;

/** Puts together what parts of a set found. */
export function allFindings(parts: Findings[]): Findings {
  const all: Findings = { wrong: {}, settings: 0 };
  for (const { wrong, settings } of parts) {
    all.settings += settings;
    for (const [kind, count] of Object.entries(wrong) as [Finding, number][])
      all.wrong[kind] = (all.wrong[kind] ?? 0) + count;
  }
  return all;
}
