/** Requests and answers of `/v1/search` and of suggestions for filters. */
import { z } from "zod";
import {
  APP_FIELDS,
  type SearchAnswer,
  SUGGESTED,
  type Suggestions,
  TASK_PLACES,
  UNSEARCHED,
} from "../search.ts";
import { text } from "../task-schema.ts";
import { incidentSchema } from "./incidents.ts";
import { label } from "./parts.ts";
import { taskItemSchema } from "./task-views.ts";

export const searchQuerySchema = z.strictObject({ text: label(256).describe("What somebody typed") });

export const suggestQuerySchema = z.strictObject({
  field: z.enum(SUGGESTED, { error: `must be one of ${SUGGESTED.join(", ")}` }),
  text: text(128).describe("The beginning of an order or business key, a part of anything else").default(""),
});

const found = {
  complete: z.boolean().describe("Whether all was looked at, and is among `items`"),
  unsearched: z
    .enum(UNSEARCHED)
    .nullable()
    .describe("Why this place was not searched; `encrypted`: payloads are, and nothing in them can be found"),
};

export const searchAnswerSchema = z
  .object({
    groups: z.array(
      z.union([
        z.object({ place: z.enum(TASK_PLACES), items: z.array(taskItemSchema), ...found }),
        z.object({
          place: z.literal("app"),
          items: z.array(z.object({ name: z.string(), field: z.enum(APP_FIELDS) })),
          ...found,
        }),
        z.object({
          place: z.literal("destination"),
          items: z.array(z.object({ origin: z.string() })),
          ...found,
        }),
        z.object({ place: z.literal("incident"), items: z.array(incidentSchema), ...found }),
      ]),
    ),
  })
  .meta({ id: "SearchAnswer" }) satisfies z.ZodType<SearchAnswer>;

export const suggestionsSchema = z
  .object({ items: z.array(z.string()) })
  .meta({ id: "Suggestions" }) satisfies z.ZodType<Suggestions>;
