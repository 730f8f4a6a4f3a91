/** Requests and answers of `/v1/audit`. */
import { z } from "zod";
import { ACTOR_KINDS } from "../caller.ts";
import type { AuditView } from "../people.ts";
import { moment, paging, part, time } from "./parts.ts";

export const auditQuerySchema = z.strictObject({
  actor: part(128).describe("Name of a user, an app, a node, or of who sat at the REPL").optional(),
  action: part(64).optional(),
  target: part(545).describe("`type` or `type:id`, such as `task:<id>`").optional(),
  from: moment.optional(),
  to: moment.optional(),
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
    target: z.object({ type: z.string(), id: z.string().nullable() }),
    before: z.unknown(),
    after: z.unknown(),
    note: z.string().nullable(),
    requestPath: z.string().nullable(),
  })
  .meta({ id: "AuditEntry" }) satisfies z.ZodType<AuditView>;
