/** Parameters and answer of the list of calls across tasks. */
import { z } from "zod";
import type { AttemptItem, Page } from "../contract.ts";
import { METHODS, STATES } from "../task.ts";
import { moment, originOr, pageLimit, part } from "./parts.ts";
import { calledUrlSchema, phasesSchema } from "./task-views.ts";

/** `AttemptQuery` of the contract. */
export const attemptQuerySchema = z.strictObject({
  outcome: z.enum(["succeeded", "failed"], { error: "must be succeeded or failed" }).optional(),
  status: z
    .int("must be a status code")
    .min(100, "must be 100 to 599")
    .max(599, "must be 100 to 599")
    .optional(),
  errorCode: part(32).optional(),
  destination: originOr().optional(),
  taskId: z.uuid({ error: "must be a task's id" }).optional(),
  from: moment.optional(),
  to: moment.optional(),
  include: z.literal("response", "must be response").optional().describe("The beginning of each answer too"),
  limit: pageLimit,
  cursor: z.string().optional(),
});

export const attemptItemSchema = z
  .object({
    taskId: z.string(),
    n: z.int(),
    startedAt: z.string(),
    durationMs: z.int(),
    outcome: z.enum(["succeeded", "failed"]),
    statusCode: z.int().nullable(),
    errorCode: z.string().nullable(),
    errorMessage: z.string().nullable(),
    node: z.string(),
    phases: phasesSchema,
    url: z.string(),
    calledUrl: calledUrlSchema,
    requestMethod: z.enum(METHODS),
    sourceAppName: z.string().nullable(),
    targetAppName: z.string().nullable(),
    taskState: z.enum(STATES).describe("`pending` also while it is being delivered"),
    responseStart: z
      .exactOptional(z.string().nullable())
      .describe(
        "With `include=response`: the first 200 characters of the answer; null where it is none, no text, or encrypted",
      ),
  })
  .meta({ id: "AttemptItem", description: "A call, without its answer" });

export const attemptPageSchema = z.object({
  items: z.array(attemptItemSchema),
  nextCursor: z.string().nullable(),
}) satisfies z.ZodType<Page<AttemptItem>>;
