/** Moments as people read them, on the wall clock of a zone. */

/** An IANA zone or an offset such as `+08:00`; undefined: the machine's (variable TZ). */
export type Zone = string | undefined;

/** Whether `Intl` knows it. */
export function isZone(zone: string): boolean {
  try {
    return new Intl.DateTimeFormat("en", { timeZone: zone }) !== undefined;
  } catch {
    return false;
  }
}

/** `2026-11-23 16:40:05 +08:00`; empty where there is no time. */
export function localTime(time: number | undefined, zone?: Zone): string {
  if (time === undefined) return "";
  const offset = Math.round((wallOf(time, zone) - time) / 60_000);
  const minutes = Math.abs(offset);
  const two = (n: number) => String(n).padStart(2, "0");
  const suffix = `${offset < 0 ? "-" : "+"}${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`;
  return `${new Date(wallOf(time, zone)).toISOString().slice(0, 19).replace("T", " ")} ${suffix}`;
}

/** As Java's `java.sql.Timestamp` prints it, which kkbida put into its messages: `2026-11-23 16:40:05.07`, at least one digit behind the point. */
export function timestampText(time: number, zone?: Zone): string {
  const text = new Date(wallOf(time, zone)).toISOString();
  const fraction = text.slice(20, 23).replace(/0{1,2}$/, "");
  return `${text.slice(0, 19).replace("T", " ")}.${fraction}`;
}

const PARTS = {
  year: "numeric",
  month: "2-digit",
  day: "2-digit",
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
} as const;

/** What a wall clock shows, as if it were UTC. */
function wallOf(time: number, zone: Zone): number {
  const format = new Intl.DateTimeFormat("en", {
    ...PARTS,
    hourCycle: "h23",
    ...(zone && { timeZone: zone }),
  });
  const parts = new Map(format.formatToParts(time).map(({ type, value }) => [type, Number(value)]));
  const part = (type: Intl.DateTimeFormatPartTypes) => parts.get(type) ?? 0;
  const [year, month, day] = [part("year"), part("month"), part("day")];
  const seconds = Date.UTC(year, month - 1, day, part("hour"), part("minute"), part("second"));
  return seconds + (((time % 1_000) + 1_000) % 1_000);
}
