/** Single values of kkbida's rows. Pure. */
import { type EpochMs, epochMs, type Millis, millis } from "../../core/clock.ts";
import { JsonError } from "../../core/json/error.ts";
import { kindOf } from "../../core/json/look.ts";
import { type JsonText, readJson } from "../../core/json/text.ts";
import { CALL_ERRORS, type CallError } from "../../core/outcome.ts";

const DATE_TIME = /^(\d{4})-(\d\d)-(\d\d)(?:[ T](\d\d):(\d\d):(\d\d)(?:\.(\d{1,6}))?)?$/;

/**
 * A time as MySQL writes it (`2026-01-31 08:00:00[.123456]`, wall clock of `zone`), or as a number of seconds or
 * milliseconds since the epoch.
 * @param zone how far the wall clock is ahead of UTC
 * @returns null for NULL, zero dates and what is no time
 */
export function readTime(value: unknown, zone: Millis): EpochMs | null {
  const text = String(value ?? "").trim();
  if (/^\d{9,14}$/.test(text)) return epochMs(text.length < 12 ? Number(text) * 1000 : Number(text));
  const match = DATE_TIME.exec(text);
  if (!match) return null;
  const [year, month, day, hour, minute, second] = match.slice(1, 7).map((part) => Number(part ?? 0)) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  const wall = Date.UTC(year, month - 1, day, hour, minute, second);
  // "0000-00-00" and days that no month has would roll over into others.
  const date = new Date(wall);
  if (date.getUTCMonth() !== month - 1 || date.getUTCDate() !== day || date.getUTCHours() !== hour)
    return null;
  const fraction = Math.trunc(Number((match[7] ?? "").padEnd(3, "0").slice(0, 3)));
  return epochMs(wall + fraction - zone);
}

/** `+08:00`, how far a wall clock is ahead of UTC, as a duration; null where it is none. */
export function parseZone(text: string): Millis | null {
  const match = /^([+-])([01]\d):([0-5]\d)$/.exec(text);
  if (!match) return null;
  const minutes = Number(match[2]) * 60 + Number(match[3]);
  return millis((match[1] === "-" ? -minutes : minutes) * 60_000);
}

/** kkbida's columns are BIT(1); copies of its tables may have other types. NULL is false. */
export function readFlag(value: unknown): boolean {
  if (value instanceof Uint8Array) return value.some((byte) => byte !== 0 && byte !== 0x30);
  if (typeof value === "string") return value === "\u0001" || /^(1|t|true|y|yes)$/i.test(value);
  return Boolean(value);
}

/** A count; null where there is none, or no whole number. */
export function readCount(value: unknown): number | null {
  if (value === null || value === undefined || value === "") return null;
  const count = Number(value);
  return Number.isSafeInteger(count) && count >= 0 && count <= 0x7fffffff ? count : null;
}

/**
 * The text of a `requestParam`, in its normal form; null where there is none. fastjson wrote it: of a key that stands
 * twice the last one counts.
 * @throws Error that says what is wrong with it
 */
export function readParam(text: string | null): JsonText | null {
  if (text === null || text.trim() === "") return null;
  let json: JsonText;
  try {
    json = readJson(text, { duplicates: "last" });
  } catch (error) {
    const isDeep = error instanceof JsonError && error.fault === "depth";
    throw new Error(isDeep ? `requestParamTxt ${error.message}` : "requestParamTxt is not JSON");
  }
  if (json === "null") return null;
  if (kindOf(json) !== "object") throw new Error("requestParamTxt is not a JSON object");
  return json;
}

/** What Java's HTTP client (Spring's RestTemplate) says of a call that found no answer, and what we call that. */
const IO_ERRORS: [RegExp, CallError["code"]][] = [
  [/UnknownHost/i, "dns"],
  [/refused/i, "refused"],
  [/connect timed out|ConnectTimeout/i, "connect_timeout"],
  [/timed out|timeout/i, "timeout"],
  [/ssl|certificate|PKIX/i, "tls"],
  [/reset|premature|unexpected end/i, "reset"],
];

/**
 * Why a call failed. kkbida keeps one text per call: the answer's body or, where there was an exception, its message.
 * RestTemplate's messages are `404 null` or `404 Not Found…` for a status, and `I/O error on POST request for …`.
 */
export function readFailure(text: string | null): { error: CallError; statusCode: number | null } {
  const error = (code: CallError["code"], message: string): CallError => ({
    code,
    message: message.slice(0, 500).toWellFormed(),
  });
  const status = /^([1-5]\d\d) (null$|[A-Z][A-Za-z' -]+($|: ))/.exec(text ?? "")?.[1];
  if (text !== null && status) return { error: error("bad_status", text), statusCode: Number(status) };
  if (text !== null && /^I\/O error on /.test(text)) {
    const code = IO_ERRORS.find(([pattern]) => pattern.test(text))?.[1] ?? "unreachable";
    return { error: error(code, text), statusCode: null };
  }
  return { error: error("unexpected_result", CALL_ERRORS.unexpected_result), statusCode: null };
}
