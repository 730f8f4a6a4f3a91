/**
 * Reading a row that may be damaged: by a restore, a repair by hand, a disk, a newer version. One column that cannot be
 * read must not take down the list, the batch or the claim that the row stands in; so it is named, and something harmless
 * stands in for it.
 */
import { type EpochMs, epochMs } from "../core/clock.ts";
import { type ExpectationSpec, readExpectation } from "../core/expect.ts";
import type { JsonText } from "../core/json/text.ts";
import type { CallError, CallErrorCode } from "../core/outcome.ts";
import type { RetryPolicy } from "../core/retry.ts";

export type Row = Record<string, unknown>;

/** What `Date` can hold, ECMA-262, section 21.4.1.1. */
const LAST_TIME = 8.64e15;

export class Columns {
  readonly #row: Row;
  #broken: string[] | undefined;

  constructor(row: Row) {
    this.#row = row;
  }

  /** The columns that could not be read; undefined where all could. */
  get broken(): string[] | undefined {
    return this.#broken;
  }

  /** @param decode throws, or gives undefined, for what it cannot read; then `instead` is the value */
  read<T>(column: string, decode: (value: unknown) => T | undefined, instead: T): T {
    try {
      const value = decode(this.#row[column]);
      if (value !== undefined) return value;
    } catch {
      // Below.
    }
    this.#broken ??= [];
    this.#broken.push(column);
    return instead;
  }

  /** {@link read} of a column that may be null. */
  optional<T>(column: string, decode: (value: unknown) => T | undefined): T | null {
    return (this.#row[column] ?? null) === null ? null : this.read<T | null>(column, decode, null);
  }
}

export const text = (value: unknown): string | undefined => (typeof value === "string" ? value : undefined);

export const integer = (value: unknown): number | undefined =>
  Number.isSafeInteger(value) ? (value as number) : undefined;

export const count = (value: unknown): number | undefined =>
  Number.isSafeInteger(value) && (value as number) >= 0 ? (value as number) : undefined;

export const time = (value: unknown): EpochMs | undefined =>
  Number.isSafeInteger(value) && Math.abs(value as number) <= LAST_TIME
    ? epochMs(value as number)
    : undefined;

/** An index in a list of names. */
export const nameOf =
  <T>(names: readonly T[]) =>
  (value: unknown): T | undefined =>
    names[value as number];

export const oneOf =
  <T extends string>(names: readonly T[]) =>
  (value: unknown): T | undefined =>
    names.find((name) => name === value);

/** The text of a JSON object. */
export const objectText = (value: unknown): JsonText | undefined =>
  isObject(JSON.parse(value as string)) ? (value as JsonText) : undefined;

/** What the text of a JSON object holds. */
export const objectOf = (value: unknown): Record<string, unknown> | undefined =>
  JSON.parse(objectText(value) ?? "null") ?? undefined;

/** The texts in the text of a JSON list. */
export const textsOf = (value: unknown): string[] | undefined => {
  const parsed: unknown = JSON.parse(value as string);
  return isList(parsed, (one) => typeof one === "string") ? (parsed as string[]) : undefined;
};

/** Values are strings, or with `orLists` lists of strings too. */
export const headersOf =
  <T extends object>(orLists: boolean) =>
  (value: unknown): T | undefined => {
    const parsed: unknown = JSON.parse(value as string);
    const isFine = (one: unknown) =>
      typeof one === "string" || (orLists && isList(one, (item) => typeof item === "string"));
    return isObject(parsed) && Object.values(parsed).every(isFine) ? (parsed as T) : undefined;
  };

export function retryOf(value: unknown): RetryPolicy | undefined {
  const parsed: unknown = JSON.parse(value as string);
  if (!isObject(parsed)) return undefined;
  const { strategy, delayMs, factor, maxDelayMs, delaysMs, jitter, on } = parsed;
  const isWhole =
    strategy === "fixed"
      ? isNumber(delayMs)
      : strategy === "exponential"
        ? [delayMs, factor, maxDelayMs].every(isNumber)
        : strategy === "schedule" && isList(delaysMs, isNumber);
  const isFine = isWhole && (jitter ?? 0) >= 0 && (on === undefined || isList(on, () => true));
  return isFine ? (parsed as unknown as RetryPolicy) : undefined;
}

export function expectationOf(value: unknown): ExpectationSpec | undefined {
  const spec: unknown = readExpectation(value as JsonText);
  if (!isObject(spec)) return undefined;
  const { status, stop, contains, equals, matches, maxBytes } = spec;
  const areFine =
    [status, stop].every((one) => one === undefined || typeof one === "string" || isList(one, isNumber)) &&
    [contains, equals, matches].every((one) => one === undefined || typeof one === "string") &&
    (maxBytes === undefined || isNumber(maxBytes));
  return areFine ? spec : undefined;
}

/** Only what was checked when it was accepted gets here: this finds damage, it does not vet. */
export const targetOf = (value: unknown): string | undefined =>
  typeof value === "string" && /^[a-z][a-z0-9+.-]*:/i.test(value) ? value : undefined;

const isNumber = (value: unknown): boolean => Number.isFinite(value);
const isList = (value: unknown, isItem: (one: unknown) => boolean): boolean =>
  Array.isArray(value) && value.every(isItem);
// biome-ignore lint/suspicious/noExplicitAny: what is in it is looked at next.
const isObject = (value: unknown): value is Record<string, any> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** Why a call failed, of two columns; null where the first is. */
export function errorOf(columns: Columns, code: string, message: string): CallError | null {
  const known = columns.optional(code, text);
  return known === null
    ? null
    : { code: known as CallErrorCode, message: columns.optional(message, text) ?? "" };
}

export const json = (value: unknown): string | null => (value === null ? null : JSON.stringify(value));
