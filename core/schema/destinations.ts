/** Requests about destinations. */
import { z } from "zod";
import type { DestinationChange, DestinationQuery, DestinationView } from "../destination.ts";
import { note, part } from "./parts.ts";

const limit = (min: number, max: number) =>
  z
    .number(`must be a number, ${min} to ${max}, or null for no limit`)
    .min(min, `must be ${min} to ${max}`)
    .max(max, `must be ${min} to ${max}`)
    .nullable();

/** The body of a change. Missing fields stay as they are. */
export const destinationChangeSchema = z
  .strictObject({
    paused: z.boolean("must be true or false").optional(),
    concurrency: limit(1, 4_096)
      .refine((n) => n === null || Number.isInteger(n), "must be a whole number")
      .optional(),
    ratePerSecond: limit(0.01, 10_000).optional(),
    keepAlive: z
      .boolean("must be true or false")
      .optional()
      .describe("False: each call has a connection of its own (`connection: close`)"),
    legacyTimeoutMs: limit(100, 120_000)
      .refine((n) => n === null || Number.isInteger(n), "must be a whole number")
      .optional()
      .describe("How long calls of kkbida's tasks may take, in ms, also of those that wait already"),
    breaker: z
      .strictObject({
        enabled: z.boolean("must be true or false").optional(),
        reset: z.literal(true, "must be true").optional(),
      })
      .optional(),
    note: note.describe("Why, for the audit log"),
  })
  .meta({
    id: "DestinationChange",
    description: "Missing fields stay as they are",
    examples: [
      { paused: true, note: "They deploy until noon" },
      { concurrency: 4, ratePerSecond: 20 },
      { keepAlive: false },
      { legacyTimeoutMs: 120_000 },
      { breaker: { reset: true } },
    ],
  }) satisfies z.ZodType<unknown, DestinationChange>;

export const destinationQuerySchema = z.strictObject({
  q: part(300).optional(),
  state: z.enum(["open", "paused"], { error: "must be open or paused" }).optional(),
  limit: z.int("must be a whole number").min(1, "must be 1 to 200").max(200, "must be 1 to 200").default(50),
  cursor: z.string().max(400).optional(),
}) satisfies z.ZodType<unknown, DestinationQuery>;

/** A destination as operators see it. Times are ISO 8601. */
export const destinationViewSchema = z
  .object({
    origin: z.string(),
    paused: z.boolean(),
    concurrency: z.int().nullable(),
    ratePerSecond: z.number().nullable(),
    keepAlive: z.boolean().meta({ description: "Whether connections are kept open between calls" }),
    legacyTimeoutMs: z.int().nullable().meta({
      description: "How long calls of kkbida's tasks may take, in ms; null: as they were accepted with",
    }),
    breaker: z.object({
      enabled: z.boolean(),
      state: z.enum(["closed", "open", "half_open"]),
      since: z.string().nullable().meta({ description: "When it opened" }),
      probeAt: z.string().nullable().meta({ description: "When it is probed next" }),
      failures: z.int().meta({ description: "Failures in a row" }),
    }),
    window: z.int().nullable().meta({ description: "Calls that may be claimed at once just now" }),
    ready: z.int().meta({ description: "Tasks that are due and wait for their turn" }),
    inFlight: z.int().meta({ description: "Tasks that are claimed: being called, or about to be" }),
    firstSeenAt: z.string(),
  })
  .meta({ id: "Destination" }) satisfies z.ZodType<DestinationView>;
