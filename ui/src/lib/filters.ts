/** Filters of lists. Each lives in the query of the page's address under its key, and in the request under the same. */
import type { SuggestField } from "../api/types.ts";
import type { Key } from "./i18n.svelte.ts";

export interface FilterDef {
  key: string;
  label: Key;
  /** `pick` needs `options`, which `text` only suggests; `time` is a range over two keys. */
  kind: "text" | "pick" | "time";
  options?: () => { value: string; text: string }[];
  /** Several values at once. */
  many?: boolean;
  /** For `text`: what may be typed, beneath the field. */
  hint?: Key;
  /** For `text`: the server knows values that fit what was typed so far. */
  suggest?: SuggestField;
  /** For `time`: the keys of its ends. */
  ends?: [from: string, to: string];
}

/** What the address says of these filters, and of the place in the list. */
export const askedOf = (query: URLSearchParams, filters: FilterDef[]): Record<string, string> =>
  Object.fromEntries(
    [...query].filter(
      ([name]) => name === "cursor" || filters.some(({ key, ends }) => (ends ?? [key]).includes(name)),
    ),
  );

/** Names of relative ranges, as they stand in the address: `from=-1h`. */
export const RANGES = ["15m", "1h", "24h", "7d", "30d"] as const;
const UNITS: Record<string, number> = { m: 60_000, h: 3_600_000, d: 86_400_000 };

/** `-24h` → that long before now, to the minute; anything else is a moment already. */
export function moment(text: string, now: number): string {
  const match = /^-(\d+)([mhd])$/.exec(text);
  if (!match) return text;
  const then = now - Number(match[1]) * (UNITS[match[2] as string] ?? 0);
  return new Date(Math.floor(then / 60_000) * 60_000).toISOString();
}

const rangeMs = (name: string): number => Number.parseInt(name, 10) * (UNITS[name.at(-1) as string] ?? 0);

/** The range of that name, up to now. */
export const windowOf = (range: string, now: number): { from: string; to: string } => ({
  from: new Date(now - rangeMs(range)).toISOString(),
  to: new Date(now).toISOString(),
});
