/** What an import came across: the numbers of its summary. */

/** Per reason a number, and the first few ids. */
export type Reasons = Map<string, { count: number; examples: string[] }>;

const EXAMPLES = 5;

export interface Tally {
  tasks: {
    total: number;
    read: number;
    pending: number;
    succeeded: number;
    exhausted: number;
    /** Here already, and left alone. */
    known: number;
    leftOut: number;
    /** In flight, and not asked for (`endedOnly`). */
    postponed: number;
  };
  logs: { total: number; imported: number; known: number; withoutTask: number; leftOut: number; cut: number };
  webhooks: { total: number; imported: number; known: number; leftOut: number };
  /** Of the imported tasks: ended so long ago that they are older than what is kept. */
  old: number;
  leftOut: Reasons;
  /** In flight, but not to be called: imported as exhausted. */
  uncallable: Reasons;
  /** Imported, but not as it was. */
  changed: Reasons;
}

export const newTally = (totals: { tasks: number; logs: number; webhooks: number }): Tally => ({
  tasks: {
    total: totals.tasks,
    read: 0,
    pending: 0,
    succeeded: 0,
    exhausted: 0,
    known: 0,
    leftOut: 0,
    postponed: 0,
  },
  logs: { total: totals.logs, imported: 0, known: 0, withoutTask: 0, leftOut: 0, cut: 0 },
  webhooks: { total: totals.webhooks, imported: 0, known: 0, leftOut: 0 },
  old: 0,
  leftOut: new Map(),
  uncallable: new Map(),
  changed: new Map(),
});

export function note(reasons: Reasons, reason: string, id: string): void {
  const entry = reasons.get(reason) ?? { count: 0, examples: [] };
  entry.count++;
  if (entry.examples.length < EXAMPLES) entry.examples.push(id);
  reasons.set(reason, entry);
}
