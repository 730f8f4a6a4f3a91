/** What the schemas of several areas share. */
import { z } from "zod";
import { text } from "../task-schema.ts";

export const moment = z.iso.datetime({ offset: true, error: "must be an ISO 8601 time with zone" });

/** Times in answers. */
export const time = z.iso.datetime();

/** `limit` and `cursor` of every list. */
export const paging = {
  limit: z.int("must be a whole number").min(1, "must be 1 to 200").max(200, "must be 1 to 200").default(50),
  cursor: z.string().optional(),
};

export const pageQuerySchema = z.strictObject(paging);

export const pageOf = <S extends z.ZodType>(item: S) =>
  z.object({ items: z.array(item), nextCursor: z.string().nullable() });

/** Why somebody did something, for the audit log. */
export const note = text(500).optional();

/** Text without control characters, and without blanks at its ends. */
export const label = (max: number) =>
  text(max)
    .min(1, "must not be empty")
    .refine((s) => s === s.trim(), "must not begin or end with a blank")
    .refine((s) => !/\p{Cc}/u.test(s), "must not contain control characters");
