/** Requests and answers about many tasks at once. */
import { z } from "zod";
import {
  type BulkFilter,
  type BulkPreview,
  type BulkRequest,
  type BulkResult,
  JOB_KINDS,
  JOB_STATES,
  type JobChange,
  type JobDetail,
  type JobQuery,
  type JobView,
  type ReplayRequest,
  type Resent,
} from "../bulk.ts";
import { ACTOR_KINDS } from "../caller.ts";
import { parseTaskId } from "../ids.ts";
import { RETRY_SCHEDULES, STATES } from "../task.ts";
import { taskSchema } from "../task-schema.ts";
import { moment, note, paging, time } from "./parts.ts";
import { filterFields, retrySchedule } from "./tasks.ts";

/** Tasks that one call changes itself. */
export const MAX_AT_ONCE = 1000;

const dryRun = z.boolean("must be true or false").default(false);
const expected = z.int("must be a whole number").min(0, "must be 0 or more").optional();

/** The quickest pace that can be asked for, in tasks per second. */
export const MAX_PACE = 1000;
const pace = z
  .int("must be a whole number")
  .min(1, `must be 1 to ${MAX_PACE}`)
  .max(MAX_PACE, `must be 1 to ${MAX_PACE}`)
  .describe("At most so many tasks per second; a job works on them, however few they are");
const schedule = retrySchedule.optional();

/** Where it takes several, one value alone is taken too: `withLists`. */
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
    schedule,
    pace: pace.optional(),
  })
  .refine(
    ({ filter, taskIds }) => (filter === undefined) !== (taskIds === undefined),
    "must have either filter or taskIds",
  )
  .refine(({ taskIds, pace }) => taskIds === undefined || pace === undefined, {
    path: ["pace"],
    error: "goes with a filter: a selection is changed at once",
  })
  .meta({
    id: "BulkRequest",
    oneOf: [{ required: ["filter"] }, { required: ["taskIds"] }],
    examples: [
      { filter: { state: ["exhausted"], errorCode: ["refused"] }, dryRun: true },
      { filter: { state: ["exhausted"], url: "shop.example" }, expected: 120, note: "The shop is repaired" },
      { filter: { state: ["exhausted"], url: "shop.example" }, schedule: "whole", pace: 20 },
      { taskIds: ["0199aeb6-6c00-7c3f-9d4e-5b8f0c2a1d37"] },
    ],
  }) satisfies z.ZodType<unknown, BulkRequest>;

/** What goes with every work on many tasks. */
export const bulkOptionsSchema = z
  .strictObject({ dryRun, expected, note, schedule, pace: pace.optional() })
  .meta({ id: "BulkOptions", examples: [{ dryRun: true }, { note: "The partner is back" }] });

/** `ReplayRequest`. */
export const replaySchema = z
  .strictObject({ from: moment, to: moment, dryRun, expected, note, schedule, pace: pace.optional() })
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
  .extend({
    note,
    resolveOriginal: z
      .boolean("must be true or false")
      .optional()
      .describe("Once the copy succeeds, the original is resolved, if it is exhausted then"),
  })
  .meta({
    id: "ResendRequest",
    examples: [{ url: "https://shop.example/v2/paid", note: "It has moved", resolveOriginal: true }],
  });

export const jobIdSchema = z.strictObject({ id: z.string() });
/** `JobQuery`. */
export const jobQuerySchema = z.strictObject({
  state: z
    .array(z.enum(JOB_STATES, { error: `must be one of ${JOB_STATES.join(", ")}` }))
    .min(1, "must not be empty")
    .max(JOB_STATES.length, `must be given at most ${JOB_STATES.length} times`)
    .describe("Repeat it for several")
    .optional(),
  ...paging,
}) satisfies z.ZodType<unknown, JobQuery>;

/** `JobChange`. */
export const jobChangeSchema = z
  .strictObject({
    pace: pace.nullable().describe("At most so many tasks per second; null: no limit of its own").optional(),
    paused: z.boolean("must be true or false").optional(),
    note,
  })
  .refine(({ pace, paused }) => pace !== undefined || paused !== undefined, "must have pace, paused or both")
  .meta({
    id: "JobChange",
    examples: [
      { pace: 5 },
      { paused: true, note: "The partner asked for it" },
      { paused: false, pace: null },
    ],
  }) satisfies z.ZodType<unknown, JobChange>;
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
    schedule: z
      .enum(RETRY_SCHEDULES)
      .nullable()
      .meta({ description: "What each retry grants; null: the job calls nothing again" }),
    pace: z
      .int()
      .nullable()
      .meta({ description: "At most so many tasks per second; null: as many as leave room for others" }),
    paused: z
      .object({ at: time, by: z.string() })
      .nullable()
      .meta({ description: "While it is paused: since when, and who did it" }),
    note: z.string().nullable(),
    by: z.object({ kind: z.enum(ACTOR_KINDS), id: z.int().nullable(), name: z.string() }),
    createdAt: time,
    startedAt: time.nullable(),
    finishedAt: time.nullable(),
  })
  .meta({ id: "Job" }) satisfies z.ZodType<JobView>;

export const jobDetailSchema = jobSchema
  .extend({
    samples: z
      .record(z.string(), z.array(z.string()))
      .meta({ description: "Reason: ids of some of the tasks that were skipped for it" }),
    outcome: z
      .object({
        counted: z.int().meta({ description: "Tasks that were looked at" }),
        succeeded: z.int(),
        exhausted: z.int().meta({ description: "They failed again" }),
        open: z.int(),
        canceled: z.int(),
        resolved: z.int(),
        gone: z.int().meta({ description: "Retention has deleted them" }),
      })
      .nullable()
      .meta({ description: "Where the tasks that it called again are now; null: it calls nothing again" }),
  })
  .meta({ id: "JobDetail" }) satisfies z.ZodType<JobDetail>;

const previewSchema = z
  .object({
    looked: z.int(),
    atLeast: z.boolean().meta({ description: "There are more: every figure is a lower bound" }),
    changed: z.int(),
    skipped: counts,
    states: z.array(z.object({ state: z.enum(STATES), changed: z.int(), skipped: counts })),
  })
  .meta({ id: "BulkPreview" }) satisfies z.ZodType<BulkPreview>;

export const bulkResultSchema = z
  .object({
    dryRun: z.boolean(),
    matched: z.int(),
    expected: z.int().nullable(),
    difference: z.int().nullable().meta({ description: "matched less expected" }),
    changed: z.int(),
    skipped: counts,
    job: jobSchema.nullable().meta({ description: "More than 1,000, or a pace: the job that works on them" }),
    preview: previewSchema
      .nullable()
      .meta({ description: "Of a dry run: what would become of the tasks; otherwise null" }),
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
