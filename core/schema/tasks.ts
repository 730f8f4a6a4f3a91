/** Parameters of the actions on tasks. */
import { z } from "zod";
import { STATUS_CLASSES } from "../retry.ts";
import { RETRY_SCHEDULES, STATES } from "../task.ts";
import { moment, note, originOr, paging, part } from "./parts.ts";

const filter = part(512);

/** As the database numbers them. */
const incidentNumber = z
  .int("must be an incident's id")
  .min(1, "must be an incident's id")
  .max(2_147_483_647, "must be an incident's id");

const STATUS = 'must be a status code, 100 to 599, or "2xx", "3xx", "4xx", "5xx"';
const statusSchema = z.union([z.int().min(100, STATUS).max(599, STATUS), z.enum(STATUS_CLASSES)], {
  error: STATUS,
});

/** What finds tasks, wherever tasks are found: `TaskFilterQuery` of the contract. */
export const filterFields = {
  state: z
    .array(z.enum(STATES, { error: `must be one of ${STATES.join(", ")}` }))
    .min(1, "must not be empty")
    .max(STATES.length, `must be given at most ${STATES.length} times`)
    .describe("Repeat it for several")
    .optional(),
  sourceAppName: filter.optional(),
  targetAppName: filter.optional(),
  app: filter.describe("Name of the app whose key handed them over").optional(),
  url: filter
    .describe(
      "Part of the URL that is called: with its placeholders filled. Users do not find masked parts: of a URL with a secret in its query that was not filled, they search the part before the query",
    )
    .optional(),
  destination: originOr().describe("The origin that is called: `https://host:port`").optional(),
  q: filter
    .describe(
      "Part of the payload, as it is seen or as it is written in JSON. Users do not find parameters one of which is masked",
    )
    .optional(),
  errorCode: z
    .array(part(32))
    .min(1, "must not be empty")
    .max(50, "takes at most 50")
    .describe("Why the last call failed, or the task ended. Repeat it for several")
    .optional(),
  status: z
    .array(statusSchema)
    .min(1, "must not be empty")
    .max(50, "takes at most 50")
    .describe("Status of the last answer, or a class such as `5xx`. Repeat it for several")
    .optional(),
  orderKey: part(128).optional(),
  businessKey: part(128).describe("What its app calls it by (`businessKeyPath` of the app)").optional(),
  incident: incidentNumber.describe("Tasks of this incident").optional(),
  createdFrom: moment.optional(),
  createdTo: moment.describe("Excluded").optional(),
  finishedFrom: moment.describe("They ended since").optional(),
  finishedTo: moment.describe("They ended before").optional(),
};

/** Where a filter takes several. */
const LISTS = ["state", "errorCode", "status"];

/** A filter as it came: where it takes a list, one value is a list of one. */
export function withLists<T>(filter: T): T {
  if (typeof filter !== "object" || filter === null || Array.isArray(filter)) return filter;
  const listed = Object.entries(filter).map(([name, value]) => {
    const isOne = LISTS.includes(name) && ["string", "number"].includes(typeof value);
    return [name, isOne ? [value] : value];
  });
  return Object.fromEntries(listed) as T;
}

/** `TaskQuery` of the contract. */
export const querySchema = z.strictObject({
  ...filterFields,
  sort: z.enum(["created", "due"], { error: "must be created or due" }).default("created"),
  include: z
    .enum(["payload"], { error: "must be payload" })
    .describe(
      "`payload`: also `requestParam`, `body`, `bodyBase64`, `headers`, `expectResult` and `expect`. A page takes about 4 MiB then, and may hold fewer than `limit`",
    )
    .optional(),
  ...paging,
});

/** The query of `NeighbourQuery`: a list, without the place in it. */
export const neighbourQuerySchema = querySchema.omit({ include: true, limit: true, cursor: true });

export const neighboursSchema = neighbourQuerySchema.extend({ taskId: z.string() });

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

const ATTEMPT = "must be the number of an attempt, from 1";
/** The number of one of a task's attempts, as paths have it. */
export const attemptNumber = z.coerce.number(ATTEMPT).int(ATTEMPT).min(1, ATTEMPT).max(999_999_999, ATTEMPT);

export const revealAttemptSchema = endSchema.extend({ n: attemptNumber });
