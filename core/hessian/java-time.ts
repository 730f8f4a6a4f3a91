/**
 * `java.time` as texts. hessian-lite sends each value as a *handle* of its own, and fastjson, with which kkbida kept
 * parameters, wrote what Java's `toString` gives.
 */
import { HessianObject } from "./values.ts";

const HANDLES = "com.alibaba.com.caucho.hessian.io.java8.";
/** Of some 292 million years, as Java's. */
const YEAR_DIGITS = 9;

/** @returns null for what is no value of `java.time`, or lacks a field */
export function timeText(object: HessianObject): string | null {
  if (!object.type.startsWith(HANDLES)) return null;
  const write = WRITERS[object.type.slice(HANDLES.length)];
  try {
    return write ? write(object) : null;
  } catch (error) {
    if (error instanceof Missing) return null;
    throw error;
  }
}

class Missing extends Error {}

const WRITERS: Record<string, (of: HessianObject) => string> = {
  LocalDateHandle: (of) => `${year(of)}-${two(of, "month")}-${two(of, "day")}`,
  LocalTimeHandle: timeOfDay,
  LocalDateTimeHandle: (of) => `${part(of, "date")}T${part(of, "time")}`,
  OffsetDateTimeHandle: (of) => `${part(of, "dateTime")}${part(of, "offset")}`,
  OffsetTimeHandle: (of) => `${part(of, "localTime")}${part(of, "zoneOffset")}`,
  ZonedDateTimeHandle: (of) => {
    const [offset, zone] = [part(of, "offset"), of.fields.get("zoneId")];
    return `${part(of, "dateTime")}${offset}${zone === offset ? "" : `[${zone}]`}`;
  },
  ZoneOffsetHandle: (of) => offsetText(int(of, "seconds")),
  ZoneIdHandle: (of) => text(of, "zoneId"),
  YearHandle: (of) => String(int(of, "year")),
  YearMonthHandle: (of) => `${year(of)}-${two(of, "month")}`,
  MonthDayHandle: (of) => `--${two(of, "month")}-${two(of, "day")}`,
  PeriodHandle: (of) => {
    const parts = [`Y${int(of, "years")}`, `M${int(of, "months")}`, `D${int(of, "days")}`];
    const given = parts.filter((one) => one.slice(1) !== "0").map((one) => `${one.slice(1)}${one[0]}`);
    return `P${given.join("") || "0D"}`;
  },
  DurationHandle: duration,
  InstantHandle: instant,
};

/** `10:15`, `10:15:30`, `10:15:30.123`: what is zero at the end is left out, fractions in threes. */
function timeOfDay(of: HessianObject): string {
  const [second, nano] = [int(of, "second"), int(of, "nano")];
  const minutes = `${two(of, "hour")}:${two(of, "minute")}`;
  return second === 0 && nano === 0 ? minutes : `${minutes}:${pad(second, 2)}${fraction(nano)}`;
}

function fraction(nano: number): string {
  if (nano === 0) return "";
  const digits = pad(nano, 9);
  return `.${digits.replace(/(000){1,2}$/, "")}`;
}

function offsetText(total: number): string {
  if (total === 0) return "Z";
  const size = Math.abs(total);
  const [hours, minutes, seconds] = [Math.floor(size / 3600), Math.floor(size / 60) % 60, size % 60];
  const sign = total < 0 ? "-" : "+";
  return `${sign}${pad(hours, 2)}:${pad(minutes, 2)}${seconds ? `:${pad(seconds, 2)}` : ""}`;
}

function instant(of: HessianObject): string {
  const [seconds, nanos] = [long(of, "seconds"), int(of, "nanos")];
  const ms = Number(seconds) * 1000;
  const date = new Date(ms);
  if (Number.isNaN(date.getTime())) throw new Missing();
  const years = date.getUTCFullYear();
  const rest = date.toISOString().slice(-20, -5);
  return `${yearText(years)}${rest}${fraction(nanos)}Z`;
}

/** `PT8H6M12.345S`. */
function duration(of: HessianObject): string {
  const nanos = long(of, "seconds") * 1_000_000_000n + BigInt(int(of, "nanos"));
  if (nanos === 0n) return "PT0S";
  const [hours, minutes] = [nanos / 3_600_000_000_000n, (nanos / 60_000_000_000n) % 60n];
  const rest = nanos % 60_000_000_000n;
  const size = rest < 0n ? -rest : rest;
  const decimals = String(size % 1_000_000_000n)
    .padStart(9, "0")
    .replace(/0+$/, "");
  const seconds = `${rest < 0n ? "-" : ""}${size / 1_000_000_000n}${decimals && `.${decimals}`}S`;
  return `PT${hours ? `${hours}H` : ""}${minutes ? `${minutes}M` : ""}${rest ? seconds : ""}`;
}

const year = (of: HessianObject): string => yearText(int(of, "year"));

/** ISO 8601: four digits, with a sign beyond them. */
function yearText(value: number): string {
  const digits = pad(Math.abs(value), 4);
  if (digits.length > YEAR_DIGITS) throw new Missing();
  if (value < 0) return `-${digits}`;
  return value > 9999 ? `+${digits}` : digits;
}

const two = (of: HessianObject, field: string): string => pad(int(of, field), 2);
const pad = (value: number, width: number): string => String(value).padStart(width, "0");

function part(of: HessianObject, field: string): string {
  const value = of.fields.get(field);
  const written = value instanceof HessianObject ? timeText(value) : null;
  if (written === null) throw new Missing();
  return written;
}

function int(of: HessianObject, field: string): number {
  const value = of.fields.get(field);
  if (typeof value !== "number") throw new Missing();
  return value;
}

function long(of: HessianObject, field: string): bigint {
  const value = of.fields.get(field);
  if (typeof value !== "bigint") throw new Missing();
  return value;
}

function text(of: HessianObject, field: string): string {
  const value = of.fields.get(field);
  if (typeof value !== "string") throw new Missing();
  return value;
}
