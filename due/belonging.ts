/** Whose a due set is: it remembers the installation of its database, and the epoch that this had (`store/installation.ts`). */

export interface Owner {
  installation: string;
  epoch: number;
}

/** What a set remembers. Of a set in parts, the parts may differ after a failure. */
export interface Belonging {
  /** Whose it is; of an owner that differs from the one who asks, that one. Null: nobody's yet. */
  installation: string | null;
  /** The lowest and the highest epoch it was told; null where it was told none. */
  lowest: number | null;
  highest: number | null;
  /** How long ago the owner was heard of, in ms. */
  silentMs: number;
  /** Tells one Redis from another; the same for all who use it. */
  name: string;
}
