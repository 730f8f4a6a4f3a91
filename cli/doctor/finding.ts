/** What an examination finds. */

export interface Finding {
  /** What was looked at: `database`, `redis` … */
  about: string;
  /** `bad`: something does not work, or will lose or repeat calls. `warn`: it works, and should not stay so. */
  level: "ok" | "warn" | "bad";
  says: string;
  /** What to do about it; always there where it is not `ok`. */
  fix?: string;
}

export const ok = (about: string, says: string): Finding => ({ about, level: "ok", says });
export const warn = (about: string, says: string, fix: string): Finding => ({
  about,
  level: "warn",
  says,
  fix,
});
export const bad = (about: string, says: string, fix: string): Finding => ({
  about,
  level: "bad",
  says,
  fix,
});

/** Clocks that differ by more, in ms, are worth a word; leases and first calls depend on them. */
export const SKEW = { warn: 2_000, bad: 30_000 };

/** @param aheadMs of another clock, against this machine's */
export function skewOf(about: string, whose: string, aheadMs: number): Finding {
  const by = `${Math.abs(aheadMs)} ms ${aheadMs > 0 ? "ahead of" : "behind"} this machine's`;
  if (Math.abs(aheadMs) < SKEW.warn) return ok(about, `${whose} clock agrees with this machine's`);
  const fix = "let NTP (chrony, systemd-timesyncd) set the clocks of both machines";
  return (Math.abs(aheadMs) < SKEW.bad ? warn : bad)(about, `${whose} clock is ${by}`, fix);
}

/** An error in a few words, without what a caller sent. */
export function reasonOf(error: unknown): string {
  const { sqlMessage, code, message, cause } = error as Error & { sqlMessage?: string; code?: string };
  if (cause instanceof Error && message.startsWith("The database")) return reasonOf(cause);
  return sqlMessage ?? (message || code || String(error)).split("\n")[0]?.split(" - ").at(-1) ?? "";
}
