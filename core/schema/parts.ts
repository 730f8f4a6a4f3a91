/** What the schemas of several areas share. */
import { z } from "zod";
import { text } from "../task-schema.ts";

export const moment = z.iso.datetime({ offset: true, error: "must be an ISO 8601 time with zone" });

const isOrigin = (text: string): boolean => URL.canParse(text) && /^https?:$/.test(new URL(text).protocol);

/** `scheme://host[:port]` of an http or https URL, or one of `words`; in its normal form. */
export const originOr = (...words: string[]) =>
  text(2048)
    .refine((text) => words.includes(text) || isOrigin(text), {
      error: ["must be an origin such as https://host:8443", ...words].join(", or "),
      abort: true,
    })
    .transform((text) => (words.includes(text) ? text : new URL(text).origin));

/** Times in answers. */
export const time = z.iso.datetime();

/** `limit` of a list. */
export const pageLimit = z
  .int("must be a whole number")
  .min(1, "must be 1 to 200")
  .max(200, "must be 1 to 200")
  .default(50)
  .describe("How many at most");

/** `limit` and `cursor` of every list. */
export const paging = {
  limit: pageLimit,
  cursor: z.string().describe("`nextCursor` of the page before").optional(),
};

export const pageQuerySchema = z.strictObject(paging);

export const pageOf = <S extends z.ZodType>(item: S) =>
  z.object({ items: z.array(item), nextCursor: z.string().nullable() });

/** What a list is filtered by. */
export const part = (max: number) => text(max).min(1, "must not be empty");

/** Why somebody did something, for the audit log. */
export const note = text(500).optional();

/** Text without control characters, and without blanks at its ends. */
export const label = (max: number) =>
  text(max)
    .min(1, "must not be empty")
    .refine((s) => s === s.trim(), "must not begin or end with a blank")
    .refine((s) => !/\p{Cc}/u.test(s), "must not contain control characters");
