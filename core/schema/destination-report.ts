/** What is answered about the health of destinations. */
import { z } from "zod";
import type { DestinationReport, StatsHealth } from "../destination-report.ts";
import { attemptItemSchema } from "./attempts.ts";
import { activity } from "./stats.ts";

const count = z.int();
const text = z.string();
const period = z.object(activity);
const looked = {
  count,
  atLeast: z
    .boolean()
    .describe("There may be more: only the newest 20,000 of all destinations were looked at"),
};

export const reportSchema = z
  .object({
    origin: text,
    at: text,
    keptApart: z
      .boolean()
      .describe("False: too many destinations were called for figures of its own; those of calls are 0 then"),
    last5Minutes: period,
    lastHour: period,
    lastDay: period,
    open: z.object(looked).describe("tasks"),
    exhausted: z.object(looked).describe("tasks"),
    lastError: attemptItemSchema.nullable().describe("Among the newest 20,000 calls of all destinations"),
    lastSuccess: attemptItemSchema.nullable(),
    callers: z
      .array(z.object({ app: z.object({ id: count, name: text.nullable() }), calls: count, failed: count }))
      .describe("Of the last day, busiest first; id 0: users"),
    paused: z
      .object({
        by: z
          .object({ kind: z.enum(["user", "app", "node", "repl"]), id: count.nullable(), name: text })
          .nullable()
          .describe("For operators"),
        at: text,
        note: text.nullable(),
      })
      .nullable(),
    breakerEvents: z
      .array(z.object({ at: text, change: z.enum(["opened", "closed"]), failures: count.nullable() }))
      .describe("Newest first"),
    outage: z
      .object({
        from: text.describe("To the minute"),
        to: text.nullable().describe("Null: it goes on"),
        calls: count,
        failed: count,
        missed: z
          .object({ ...looked, from: text.nullable(), to: text.nullable() })
          .describe("Tasks exhausted in it that still are; `from` and `to` are for a replay"),
      })
      .nullable()
      .describe("The latest of the last 48 hours"),
  })
  .meta({ id: "DestinationReport" }) satisfies z.ZodType<DestinationReport>;

export const healthSchema = z
  .object({
    at: text,
    items: z.array(
      z.object({
        destination: text,
        last5Minutes: period,
        lastHour: period,
        lastDay: period.extend({
          sparkline: z.array(z.object({ at: text, calls: count, failed: count })),
        }),
        lastSuccessAt: text.nullable().describe("To the minute, of the last 48 hours"),
        lastFailureAt: text.nullable(),
        open: z
          .object({
            count,
            atLeast: z.boolean().describe("There may be more: only 20,000 of all were looked at"),
          })
          .describe("Tasks that have not ended, whenever they are due"),
      }),
    ),
    nextCursor: z.null(),
  })
  .meta({ id: "StatsHealth" }) satisfies z.ZodType<StatsHealth>;
