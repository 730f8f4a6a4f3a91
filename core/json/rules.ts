/** What may differ in reading JSON. No Node API: the client package ships this file. */

/** Levels of objects and lists in each other that a text may have unless its reader says otherwise. */
export const MAX_DEPTH = 100;

export interface JsonRules {
  /** A key that an object has twice: refused (the default), or the last one counts, as for Jackson. */
  duplicates?: "refuse" | "last";
  /** Levels of objects and lists in each other, default {@link MAX_DEPTH}. */
  depth?: number;
}
