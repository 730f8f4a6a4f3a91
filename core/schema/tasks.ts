/** Parameters of the actions on tasks. */
import { z } from "zod";
import { RETRY_SCHEDULES, STATES } from "../task.ts";
import { moment, note, paging, part } from "./parts.ts";

const filter = part(512);

/** `TaskQuery` of the contract. */
export const querySchema = z.strictObject({
  state: z
    .array(z.enum(STATES, { error: `must be one of ${STATES.join(", ")}` }))
    .describe("Repeat it for several")
    .optional(),
  sourceAppName: filter.optional(),
  targetAppName: filter.optional(),
  url: filter.describe("Part of the URL").optional(),
  q: filter.describe("Part of the payload, as it is seen or as it is written in JSON").optional(),
  createdFrom: moment.optional(),
  createdTo: moment.optional(),
  incident: z.int("must be an incident's id").describe("Tasks of this incident").optional(),
  sort: z.enum(["created", "due"], { error: "must be created or due" }).default("created"),
  include: z
    .enum(["payload"], { error: "must be payload" })
    .describe(
      "`payload`: also `requestParam`, `body`, `bodyBase64`, `headers`, `expectResult` and `expect`. A page takes about 4 MiB then, and may hold fewer than `limit`",
    )
    .optional(),
  ...paging,
});

/** The query of `TaskAttemptsQuery`. */
export const attemptsQuerySchema = z.strictObject({
  order: z
    .enum(["oldest", "newest"], { error: "must be oldest or newest" })
    .describe("What stands first")
    .default("oldest"),
  ...paging,
});

export const taskAttemptsSchema = attemptsQuerySchema.extend({ taskId: z.string() });

/** What a retry grants. */
export const retrySchedule = z
  .enum(RETRY_SCHEDULES, { error: `must be one of ${RETRY_SCHEDULES.join(", ")}` })
  .describe("`once`: one more call. `whole`: `limitCallCount` calls, by its `retry` from the beginning");

/** What may stand in the body of a retry. */
export const retryBodySchema = z
  .strictObject({
    force: z
      .boolean("must be true or false")
      .default(false)
      .describe("Whether a task that has succeeded is called again"),
    schedule: retrySchedule.default("once"),
    note,
  })
  .meta({
    id: "RetryRequest",
    examples: [{ note: "The target is repaired" }, { force: true }, { schedule: "whole" }],
  });

export const retrySchema = retryBodySchema.extend({ taskId: z.string() });

/** What may stand in the body of a cancel or a resolve. */
export const endBodySchema = z
  .strictObject({ note })
  .meta({ id: "EndRequest", examples: [{ note: "Booked by hand" }] });

export const endSchema = endBodySchema.extend({ taskId: z.string() });
