/** Parts that several schemas share. */
import { z } from "zod";

/** A point in time. */
export const moment = z.iso.datetime({ offset: true, error: "must be an ISO 8601 time with zone" });

const isOrigin = (text: string): boolean => URL.canParse(text) && /^https?:$/.test(new URL(text).protocol);

/** `scheme://host[:port]` of an http or https URL, or one of `words`; in its normal form. */
export const originOr = (...words: string[]) =>
  z
    .string()
    .max(2048, "must have at most 2048 characters")
    .refine((text) => words.includes(text) || isOrigin(text), {
      error: ["must be an origin such as https://host:8443", ...words].join(", or "),
      abort: true,
    })
    .transform((text) => (words.includes(text) ? text : new URL(text).origin));

/** `limit` of a list. */
export const pageLimit = z
  .int("must be a whole number")
  .min(1, "must be 1 to 200")
  .max(200, "must be 1 to 200")
  .default(50);
