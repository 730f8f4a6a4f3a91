/** What the schemas of several areas share. */
import { z } from "zod";
import { text } from "../task-schema.ts";

export const moment = z.iso.datetime({ offset: true, error: "must be an ISO 8601 time with zone" });

/** A mail server, to which alarms go; of others than http and https, `URL` knows no origin. */
const MAIL_SERVER = /^smtp:\/\/[^\s/?#@]+:\d{1,5}$/;

/** `scheme://host[:port]` as it stands in the list of destinations, of any URL; null where it has none. */
function originOf(text: string): string | null {
  if (MAIL_SERVER.test(text)) return text;
  const url = URL.parse(text);
  return url && /^https?:$/.test(url.protocol) ? url.origin : null;
}

/**
 * The origin of a destination, or one of `words`; in its normal form, whichever way it is written. One rule for all that ask
 * for one.
 */
export const originOr = (...words: string[]) =>
  text(2048)
    .refine((text) => words.includes(text) || originOf(text) !== null, {
      error: ["must be an origin such as https://host:8443", ...words].join(", or "),
      abort: true,
    })
    .overwrite((text) => (words.includes(text) ? text : (originOf(text) ?? text)));

/** {@link originOr} of a change: a URL with a path may mean that path alone. */
export const originAlone = z
  .string()
  .refine((text) => !/^https?:\/\/[^/?#]*(?:[?#]|\/.)/is.test(text), "must be an origin, without a path")
  .pipe(originOr());

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
