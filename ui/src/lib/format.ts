/** Times, durations and numbers as people read them, in the viewer's zone and language. */
import { zones } from "../state/preferences.svelte.ts";
import { i18n, t } from "./i18n.svelte.ts";

const cache = new Map<string, Intl.DateTimeFormat>();
function formatter(kind: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = `${kind} ${i18n.tag} ${zones.chosen}`;
  let made = cache.get(key);
  if (!made) {
    made = new Intl.DateTimeFormat(i18n.tag, { hourCycle: "h23", timeZone: zones.name, ...options });
    cache.set(key, made);
  }
  return made;
}

/** Written out in English: 05/11 is another day to every second reader. */
const month = () => (i18n.language === "en" ? "short" : "2-digit");
const day = () => ({ year: "numeric", month: month(), day: "2-digit" }) as const;
const TIME = { hour: "2-digit", minute: "2-digit", second: "2-digit" } as const;

/** Whole, with seconds and the offset from UTC: for titles and details. */
export function dateTime(iso: string | number | null | undefined): string {
  if (iso === null || iso === undefined) return "–";
  const date = new Date(iso);
  // Chinese formats put the offset between the day and the time.
  const zone = formatter("zone", { timeZoneName: zones.name ? "short" : "shortOffset" })
    .formatToParts(date)
    .find(({ type }) => type === "timeZoneName");
  return `${formatter("whole", { ...day(), ...TIME }).format(date)} ${zone?.value ?? ""}`.trimEnd();
}

/** As short as can be: the time today, the day otherwise. */
export function shortTime(iso: string | null, now: number): string {
  if (iso === null) return "–";
  const date = new Date(iso);
  const same = (kind: string, options: Intl.DateTimeFormatOptions) =>
    formatter(kind, options).format(date) === formatter(kind, options).format(new Date(now));
  if (same("day", day())) return formatter("time", TIME).format(date);
  if (!same("year", { year: "numeric" })) return formatter("day", day()).format(date);
  return formatter("short", { month: month(), day: "2-digit", hour: "2-digit", minute: "2-digit" }).format(
    date,
  );
}

/** For the axis of a chart that spans `spanMs`. */
export function axisTime(ms: number, spanMs: number): string {
  const days = spanMs > 3 * 86_400_000;
  return days
    ? formatter("axis day", { month: i18n.language === "en" ? "short" : "numeric", day: "numeric" }).format(
        ms,
      )
    : formatter("axis time", { hour: "2-digit", minute: "2-digit" }).format(ms);
}

/** To the minute, for a point of a chart. */
export const pointTime = (ms: number): string =>
  formatter("point", { dateStyle: "medium", timeStyle: "short" }).format(ms);

/** `3 min`, `2 h 5 min`: two units at most. */
export function span(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1_000));
  if (seconds < 60) return t("time.s", { s: seconds });
  if (seconds < 3_600) {
    const s = seconds % 60;
    return s && seconds < 600
      ? t("time.ms", { m: Math.floor(seconds / 60), s })
      : t("time.m", { m: Math.floor(seconds / 60) });
  }
  if (seconds < 86_400) {
    const m = Math.floor((seconds % 3_600) / 60);
    const h = Math.floor(seconds / 3_600);
    return m ? t("time.hm", { h, m }) : t("time.h", { h });
  }
  const h = Math.floor((seconds % 86_400) / 3_600);
  const d = Math.floor(seconds / 86_400);
  return h ? t("time.dh", { d, h }) : t("time.d", { d });
}

export function ago(then: string | number, now: number): string {
  const ms = now - new Date(then).getTime();
  return ms < 1_500 ? t("time.now") : t("time.ago", { span: span(ms) });
}

/** A measured duration. */
export function duration(ms: number | null | undefined): string {
  if (ms === null || ms === undefined) return "–";
  if (ms < 1) return "<1 ms";
  if (ms < 1_000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${(ms / 1_000).toFixed(ms < 10_000 ? 2 : 1)} s`;
  return span(ms);
}

export function count(n: number): string {
  return n.toLocaleString(i18n.tag);
}

/** To four digits: 219,602 is 219.6K, 21.96万. */
export function short(n: number): string {
  if (n < 10_000) return n.toLocaleString(i18n.tag);
  return new Intl.NumberFormat(i18n.language === "zh" ? "zh-CN" : "en-US", {
    notation: "compact",
    maximumSignificantDigits: 4,
  }).format(n);
}

export function percent(part: number, whole: number): string {
  if (whole === 0) return "–";
  const value = (part / whole) * 100;
  // 99.96 % is not 100 %.
  const digits = value === 0 || value === 100 ? 0 : value > 99.9 || value < 0.1 ? 2 : 1;
  const factor = 10 ** digits;
  return `${(Math.floor(value * factor) / factor).toFixed(value === 0 ? 0 : digits)} %`;
}

export function bytes(n: number): string {
  if (n < 1_024) return `${n} B`;
  if (n < 1_048_576) return `${(n / 1_024).toFixed(1)} KB`;
  return `${(n / 1_048_576).toFixed(0)} MB`;
}

export const utf8Length = (text: string): number => new TextEncoder().encode(text).length;

/** Host and path of a URL, for columns; the text itself where it is none. */
export function urlParts(url: string): { origin: string; host: string; rest: string } {
  try {
    // Placeholders are kept readable.
    const { origin, host } = new URL(url);
    const at = url.indexOf("/", url.indexOf("//") + 2);
    return { origin, host, rest: at < 0 ? "/" : url.slice(at) };
  } catch {
    return { origin: "", host: "", rest: url };
  }
}

/** A task's id, as short as it can be told from others. */
export const shortId = (taskId: string): string => `${taskId.slice(0, 8)}…${taskId.slice(-6)}`;
