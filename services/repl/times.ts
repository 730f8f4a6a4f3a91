/** Times and numbers as people type them. */
import { Mistake } from "./mistake.ts";

const UNITS: Record<string, number> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/**
 * `90m`, `2h`, `3d`: so long ago. `2026-11-23`, `2026-11-23 18:05`: of the local zone, unless it has one of its own.
 * @returns ISO 8601 @throws Mistake
 */
export function timeOf(option: string, text: string): string {
  const [, count, unit = ""] = /^(\d{1,6})([smhd])$/.exec(text) ?? [];
  if (count !== undefined)
    return new Date(Date.now() - Number(count) * (UNITS[unit] as number)).toISOString();
  const shaped = /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d(?::\d\d(?:\.\d+)?)?)(Z|[+-]\d\d:\d\d)?)?$/.exec(text);
  const [, day, time = "00:00", zone = ""] = shaped ?? [];
  const at = new Date(`${day}T${time}${zone}`);
  if (!shaped || Number.isNaN(at.getTime()))
    throw new Mistake(`${option} is no time: "${text}"; type 2h (ago), 2026-11-23 or "2026-11-23 18:05"`);
  return at.toISOString();
}

/** @param what it must be, in words @throws Mistake */
export function numberOf(option: string, text: string, what: string): number {
  if (!/^\d+(\.\d+)?$/.test(text)) throw new Mistake(`${option} must be ${what}, not "${text}"`);
  return Number(text);
}

/** `500ms`, `2s`, `5m`: so long, in ms. A bare number is milliseconds. @throws Mistake */
export function durationOf(option: string, text: string): number {
  const [, count, unit = "ms"] = /^(\d{1,9})(ms|[smhd])?$/.exec(text) ?? [];
  if (count === undefined) throw new Mistake(`${option} is no duration: "${text}"; type 500ms, 2s or 5m`);
  return Number(count) * (UNITS[unit] ?? 1);
}
