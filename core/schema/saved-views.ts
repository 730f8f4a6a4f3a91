/** Requests and answers of `/v1/views`. */
import { z } from "zod";
import { type SavedView, VIEW_PAGES } from "../saved-view.ts";
import { text } from "../task-schema.ts";
import { label, time } from "./parts.ts";

const page = z.enum(VIEW_PAGES, { error: `must be ${VIEW_PAGES.join(", ")}` });
const query = text(2_000).describe("The query of the page's address, with its filters");

export const viewQuerySchema = z.strictObject({ page: page.default("tasks") });

export const viewRequestSchema = z.strictObject({ page, name: label(60), query }).meta({
  id: "ViewRequest",
  examples: [{ page: "tasks", name: "refused today", query: "errorCode=refused&createdFrom=-24h" }],
});

export const viewChangeSchema = z
  .strictObject({ name: label(60), query })
  .partial()
  .meta({ id: "ViewChange", examples: [{ name: "refused since noon" }] });

export const viewIdSchema = z.strictObject({ id: z.int() });

export const viewSchema = z
  .object({
    id: z.int(),
    page,
    name: z.string(),
    query: z.string(),
    owner: z
      .object({ id: z.int(), name: z.string() })
      .describe("Who made it, and may change it, beside administrators"),
    createdAt: time,
    updatedAt: time,
  })
  .meta({ id: "View" }) satisfies z.ZodType<SavedView>;
