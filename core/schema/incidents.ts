/** Requests and answers about incidents. */
import { z } from "zod";
import type { IncidentDetail, IncidentQuery, IncidentView } from "../incident.ts";
import { muteMinutes } from "./inbox.ts";
import { note, paging } from "./parts.ts";

export const incidentQuerySchema = z.strictObject({
  state: z.enum(["open", "ended"], { error: "must be open or ended" }).default("open"),
  ...paging,
}) satisfies z.ZodType<unknown, IncidentQuery>;

export const incidentIdSchema = z.strictObject({ id: z.int("must be an incident's id") });

export const acknowledgeSchema = z
  .strictObject({ note })
  .meta({ id: "AcknowledgeRequest", examples: [{ note: "The partner is told" }] });

export const muteSchema = z
  .strictObject({ muted: z.boolean("must be true or false"), minutes: muteMinutes.optional(), note })
  .meta({ id: "MuteRequest", examples: [{ muted: true }] });

const text = z.string();
const count = z.int();
const call = z.object({ taskId: text, error: text });
const answered = call.extend({
  answer: z
    .object({
      n: count.describe("Which of the task's calls it was"),
      statusCode: count.nullable().describe("Null: no answer came"),
      bodyStart: text
        .nullable()
        .describe("The first 500 characters of the answer; null where it is none, or no text"),
      truncated: z.boolean().describe("There is more of the body"),
    })
    .nullable()
    .describe("What was answered; null where the call is not on record: it was never made, or is pruned"),
});
const fields = {
  id: count,
  destination: text.nullable(),
  errorCode: text,
  statusCode: count.nullable().describe("Null: there was no answer"),
  firstAt: text,
  lastAt: text,
  tasks: count.describe("How many were exhausted in it"),
  first: call,
  last: call,
  muted: z.boolean().describe("None of its alarms is told"),
  mutedUntil: text.nullable().describe("Null: until it ends, or it is not muted"),
  acknowledged: z.object({ by: text, at: text, note: text.nullable() }).nullable(),
  endedAt: text.nullable().describe("When none of its tasks was exhausted any more; null: it is open"),
};

export const incidentSchema = z.object(fields).meta({ id: "Incident" }) satisfies z.ZodType<IncidentView>;

export const incidentDetailSchema = z
  .object({
    ...fields,
    first: answered,
    last: answered,
    outcome: z
      .object({ pending: count, succeeded: count, exhausted: count, canceled: count, resolved: count })
      .describe("What became of its tasks, of the oldest 20,000 at most; those that were pruned are missing"),
    counted: count.describe(
      "How many of its tasks `outcome` is about, with those that were pruned: fewer than `tasks` where there are more",
    ),
  })
  .meta({ id: "IncidentDetail" }) satisfies z.ZodType<IncidentDetail>;
