/** What may differ in reading JSON. No Node API: the client package ships this file. */

/** Levels of objects and lists in each other that a text may have unless its reader says otherwise. */
export const MAX_DEPTH = 64;

/**
 * The same of what Bida has accepted and reads again: a page of a list puts three levels around a payload, and rows of releases
 * before 0.2 were accepted with 100.
 */
export const ACCEPTED_DEPTH = 128;

/**
 * Values that a text may have unless its reader says otherwise: as many as fit into a payload of 1 MiB, `[0,0,…]`. A name in an
 * object counts twice more: it is compared with the others.
 */
export const MAX_VALUES = 530_000;

export interface JsonRules {
  /** A key that an object has twice: refused (the default), or the last one counts, as for Jackson. */
  duplicates?: "refuse" | "last";
  /** Levels of objects and lists in each other, default {@link MAX_DEPTH}. */
  depth?: number;
  /** Default {@link MAX_VALUES}. */
  values?: number;
}
