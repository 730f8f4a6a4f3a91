/** Requests and answers of `/v1/audit`. */
import { z } from "zod";
import { ACTOR_KINDS } from "../caller.ts";
import type { AuditNames, AuditView } from "../people.ts";
import { moment, paging, part, time } from "./parts.ts";

export const auditQuerySchema = z.strictObject({
  actor: part(128).describe("Name of a user, an app, a node, or of who sat at the REPL").optional(),
  action: part(64).optional(),
  target: part(545).describe("`type` or `type:id`, such as `task:<id>`").optional(),
  from: moment.optional(),
  to: moment.optional(),
  group: z
    .uuid({ error: "must be the id of a job, or of an act on many tasks" })
    .describe(
      "What belongs to a job, or to an act on many tasks. Without it that stays out, unless an action or one target is asked for",
    )
    .optional(),
  ...paging,
});

export const auditSchema = z
  .object({
    id: z.uuid(),
    at: time,
    actor: z.object({
      kind: z.enum(ACTOR_KINDS),
      id: z.int().nullable(),
      name: z.string(),
    }),
    sourceIp: z.string().nullable(),
    action: z.string().describe("`thing.verb`, such as `app.create`"),
    target: z.object({
      type: z.string(),
      id: z.string().nullable(),
      name: z
        .string()
        .nullable()
        .describe(
          "Of a user, an app, a channel, a view or a mute, also of one that is deleted; of an incident",
        ),
    }),
    before: z.unknown(),
    after: z.unknown(),
    note: z.string().nullable(),
    requestPath: z.string().nullable(),
    group: z
      .string()
      .nullable()
      .describe(
        "The job, or the act on many tasks, that it is part of; the entry whose target it is stands for all",
      ),
  })
  .meta({ id: "AuditEntry" }) satisfies z.ZodType<AuditView>;

export const auditNamesSchema = z
  .object({
    actors: z.array(z.string()),
    actions: z.array(z.string()),
    targets: z.array(z.string()).describe("Kinds of targets"),
  })
  .meta({ id: "AuditNames" }) satisfies z.ZodType<AuditNames>;
