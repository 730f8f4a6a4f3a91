/** Requests and answers about many tasks at once. */
import { z } from "zod";
import {
  type BulkFilter,
  type BulkRequest,
  type BulkResult,
  JOB_KINDS,
  JOB_STATES,
  type JobView,
  type ReplayRequest,
  type Resent,
} from "../bulk.ts";
import { ACTOR_KINDS } from "../caller.ts";
import { parseTaskId } from "../ids.ts";
import { taskSchema } from "../task-schema.ts";
import { moment, note, time } from "./parts.ts";
import { filterFields } from "./tasks.ts";

/** Tasks that one call changes itself. */
export const MAX_AT_ONCE = 1000;

const dryRun = z.boolean("must be true or false").default(false);
const expected = z.int("must be a whole number").min(0, "must be 0 or more").optional();

export const filterSchema = z
  .strictObject(filterFields)
  .refine(
    (filter) => Object.values(filter).some((value) => value !== undefined),
    "must have a field: all tasks at once are never meant",
  )
  .meta({ minProperties: 1 }) satisfies z.ZodType<BulkFilter, BulkFilter>;

const taskId = z
  .string()
  .refine((id) => parseTaskId(id) !== null, "must be a task id")
  .meta({ format: "uuid" });

/** `BulkRequest`. */
export const bulkSchema = z
  .strictObject({
    filter: filterSchema.optional(),
    taskIds: z
      .array(taskId)
      .min(1, "needs a task id")
      .max(MAX_AT_ONCE, `takes at most ${MAX_AT_ONCE} task ids`)
      .optional(),
    dryRun,
    expected,
    note,
  })
  .refine(
    ({ filter, taskIds }) => (filter === undefined) !== (taskIds === undefined),
    "must have either filter or taskIds",
  )
  .meta({
    id: "BulkRequest",
    oneOf: [{ required: ["filter"] }, { required: ["taskIds"] }],
    examples: [
      { filter: { state: ["exhausted"], errorCode: ["refused"] }, dryRun: true },
      { filter: { state: ["exhausted"], url: "shop.example" }, expected: 120, note: "The shop is repaired" },
      { taskIds: ["0199aeb6-6c00-7c3f-9d4e-5b8f0c2a1d37"] },
    ],
  }) satisfies z.ZodType<unknown, BulkRequest>;

/** What goes with every work on many tasks. */
export const bulkOptionsSchema = z
  .strictObject({ dryRun, expected, note })
  .meta({ id: "BulkOptions", examples: [{ dryRun: true }, { note: "The partner is back" }] });

/** `ReplayRequest`. */
export const replaySchema = z
  .strictObject({ from: moment, to: moment, dryRun, expected, note })
  .refine(({ from, to }) => Date.parse(from) < Date.parse(to), {
    path: ["to"],
    error: "must lie after from",
  })
  .meta({
    id: "ReplayRequest",
    examples: [{ from: "2026-11-01T00:00:00Z", to: "2026-11-02T00:00:00+08:00", note: "Its outage" }],
  }) satisfies z.ZodType<unknown, ReplayRequest>;

/** What differs from the original, and why. */
export const resendSchema = taskSchema
  .partial()
  .extend({ note })
  .meta({ id: "ResendRequest", examples: [{ url: "https://shop.example/v2/paid", note: "It has moved" }] });

export const jobIdSchema = z.strictObject({ id: z.string() });
export const stopSchema = z
  .strictObject({ note })
  .meta({ id: "StopRequest", examples: [{ note: "The wrong filter" }] });

const counts = z.record(z.string(), z.int()).meta({ description: "Reason: how many" });

export const jobSchema = z
  .object({
    id: z.string(),
    kind: z.enum(JOB_KINDS),
    filter: z.object(filterFields),
    state: z.enum(JOB_STATES),
    matched: z.int(),
    expected: z.int().nullable(),
    done: z.int(),
    changed: z.int(),
    skipped: counts,
    note: z.string().nullable(),
    by: z.object({ kind: z.enum(ACTOR_KINDS), id: z.int().nullable(), name: z.string() }),
    createdAt: time,
    startedAt: time.nullable(),
    finishedAt: time.nullable(),
  })
  .meta({ id: "Job" }) satisfies z.ZodType<JobView>;

export const bulkResultSchema = z
  .object({
    dryRun: z.boolean(),
    matched: z.int(),
    expected: z.int().nullable(),
    difference: z.int().nullable().meta({ description: "matched less expected" }),
    changed: z.int(),
    skipped: counts,
    job: jobSchema.nullable().meta({ description: "More than 1,000: the job that works on them" }),
  })
  .meta({ id: "BulkResult" }) satisfies z.ZodType<BulkResult>;

export const resentSchema = z.object({
  taskId: z.string(),
  resendOf: z.string(),
}) satisfies z.ZodType<Resent>;

/** `GET /v1/tasks/export`. */
export const exportQuerySchema = z.strictObject({
  ...filterFields,
  format: z.enum(["csv", "jsonl"], { error: "must be csv or jsonl" }),
});
