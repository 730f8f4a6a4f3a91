/** Parameters and answers of the statistics. */
import { z } from "zod";
import { OTHER_LANES, STEPS } from "../stats.ts";
import type { StatsDestinations, StatsErrors, StatsSeries, StatsSummary, Step } from "../stats-views.ts";
import { moment, originOr } from "./parts.ts";

const steps = Object.keys(STEPS) as Step[];

/** `StatsRangeQuery` of the contract. */
export const rangeQuerySchema = z.strictObject({
  from: moment,
  to: moment,
  app: z
    .int("must be an app's id")
    .min(0, "must be an app's id")
    .describe("An app's id; 0: users' own tasks")
    .optional(),
});

const destination = originOr(OTHER_LANES).optional();

/** `StatsSeriesQuery` of the contract. */
export const seriesQuerySchema = rangeQuerySchema.extend({
  step: z.enum(steps, { error: `must be one of ${steps.join(", ")}` }),
  destination,
});

export const errorsQuerySchema = rangeQuerySchema.extend({ destination });

const count = z.int();
const text = z.string();
const duration = z.number().nullable().describe("ms, within 5 %");
export const activity = {
  accepted: count,
  calls: count,
  succeeded: count.describe("calls"),
  failed: count.describe("calls"),
  retries: count,
  exhausted: count.describe("tasks"),
  successRate: z.number().nullable().describe("0 to 1"),
  p50: duration,
  p95: duration,
  p99: duration,
};
const period = z.object({
  ...activity,
  topDestinations: z.array(z.object({ destination: text, calls: count, failed: count })),
  topErrors: z.array(z.object({ errorCode: text, count })),
});

export const summarySchema = z
  .object({
    tasks: z
      .object({ pending: count, succeeded: count, exhausted: count, canceled: count, resolved: count })
      .describe("how many there are now"),
    attempts: z.object({ succeeded: count, failed: count }),
    totals: z.object({ accepted: count, calls: count, succeeded: count, failed: count }),
    oldestWaiting: z.object({ taskId: text, dueAt: text, waitingMs: count }).nullable(),
    lastHour: period,
    lastDay: period,
  })
  .meta({ id: "StatsSummary" }) satisfies z.ZodType<StatsSummary>;

const range = { from: text, to: text, step: z.enum(steps) };

export const seriesSchema = z
  .object({
    ...range,
    points: z.array(
      z.object({
        at: text,
        ...activity,
        delivered: count,
        canceled: count,
        resolved: count,
        reopened: count,
      }),
    ),
  })
  .meta({ id: "StatsSeries" }) satisfies z.ZodType<StatsSeries>;

export const destinationsSchema = z
  .object({
    ...range,
    items: z.array(
      z.object({
        destination: text,
        ...activity,
        sparkline: z.array(z.object({ at: text, calls: count, failed: count })),
      }),
    ),
    nextCursor: z.null(),
  })
  .meta({ id: "StatsDestinations" }) satisfies z.ZodType<StatsDestinations>;

export const errorsSchema = z
  .object({
    ...range,
    items: z.array(z.object({ errorCode: text, count, sparkline: z.array(z.object({ at: text, count })) })),
    nextCursor: z.null(),
  })
  .meta({ id: "StatsErrors" }) satisfies z.ZodType<StatsErrors>;
