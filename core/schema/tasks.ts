/** Parameters of the actions on tasks. */
import { z } from "zod";
import { STATES } from "../task.ts";
import { moment, note, paging } from "./parts.ts";

const part = z.string().min(1, "must not be empty").max(512, "must have at most 512 characters");

/** `TaskQuery` of the contract. */
export const querySchema = z.strictObject({
  state: z.array(z.enum(STATES, { error: `must be one of ${STATES.join(", ")}` })).optional(),
  sourceAppName: part.optional(),
  targetAppName: part.optional(),
  url: part.optional(),
  q: part.optional(),
  createdFrom: moment.optional(),
  createdTo: moment.optional(),
  sort: z.enum(["created", "due"], { error: "must be created or due" }).default("created"),
  ...paging,
});

/** What may stand in the body of a retry. */
export const retryBodySchema = z.strictObject({
  force: z.boolean("must be true or false").default(false),
  note,
});

export const retrySchema = retryBodySchema.extend({ taskId: z.string() });

/** What may stand in the body of a cancel or a resolve. */
export const endBodySchema = z.strictObject({ note });

export const endSchema = endBodySchema.extend({ taskId: z.string() });
