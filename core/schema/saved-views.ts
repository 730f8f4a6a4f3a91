/** Requests and answers of `/v1/views`. */
import { z } from "zod";
import { type SavedView, VIEW_PAGES } from "../saved-view.ts";
import { text } from "../task-schema.ts";
import { label, time } from "./parts.ts";

/** One form per name (NFC), and none that turns the text around it (Unicode Technical Report 36, section 2.10.2). */
const name = label(60)
  .overwrite((name) => name.normalize("NFC"))
  .refine((name) => name.length <= 60, "must have at most 60 characters, after NFC")
  .refine((name) => !/\p{Bidi_Control}/u.test(name), "must not contain characters that turn text around");

const page = z.enum(VIEW_PAGES, { error: `must be ${VIEW_PAGES.join(", ")}` });
const query = text(2_000).describe("The query of the page's address, with its filters");

export const viewQuerySchema = z.strictObject({ page: page.default("tasks") });

export const viewRequestSchema = z.strictObject({ page, name, query }).meta({
  id: "ViewRequest",
  examples: [{ page: "tasks", name: "refused today", query: "errorCode=refused&createdFrom=-24h" }],
});

export const viewChangeSchema = z
  .strictObject({ name, query })
  .partial()
  .refine(({ name, query }) => name !== undefined || query !== undefined, "must have name, query or both")
  .meta({ id: "ViewChange", minProperties: 1, examples: [{ name: "refused since noon" }] });

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
