/** How a destination is, in one word, told from its calls: the breaker knows only failures in a row. No Node API: the console ships this file. */

/** Calls of a stretch of time that ends now. */
export interface CallCounts {
  calls: number;
  failed: number;
}

export const VERDICTS = ["healthy", "recovering", "unsteady", "failing", "quiet"] as const;
/**
 * - `healthy`: nearly all calls go well, in every period.
 * - `recovering`: the latest go well, but those of a longer period did not.
 * - `unsteady`: more than one in twenty fails.
 * - `failing`: at least half of them fail.
 * - `quiet`: there were no calls.
 */
export type Verdict = (typeof VERDICTS)[number];

const UNSTEADY = 0.05;
const FAILING = 0.5;

/** @param periods the shortest first; each is part of the next */
export function verdictOf(periods: readonly CallCounts[]): Verdict {
  const shares = periods.filter(({ calls }) => calls > 0).map(({ calls, failed }) => failed / calls);
  const [latest] = shares;
  if (latest === undefined) return "quiet";
  if (latest >= FAILING) return "failing";
  if (latest > UNSTEADY) return "unsteady";
  return shares.some((share) => share > UNSTEADY) ? "recovering" : "healthy";
}
