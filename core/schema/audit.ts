/** Requests and answers of `/v1/audit`. */
import { z } from "zod";
import type { AuditView } from "../people.ts";
import { text } from "../task-schema.ts";
import { moment, paging, time } from "./parts.ts";

const part = (max: number) => text(max).min(1, "must not be empty");

export const auditQuerySchema = z.strictObject({
  actor: part(128).optional(),
  action: part(64).optional(),
  target: part(545).optional(),
  from: moment.optional(),
  to: moment.optional(),
  ...paging,
});

export const auditSchema = z.object({
  id: z.uuid(),
  at: time,
  actor: z.object({
    kind: z.enum(["user", "app", "node"]),
    id: z.int().nullable(),
    name: z.string(),
  }),
  sourceIp: z.string().nullable(),
  action: z.string(),
  target: z.object({ type: z.string(), id: z.string().nullable() }),
  before: z.unknown(),
  after: z.unknown(),
  note: z.string().nullable(),
  requestPath: z.string().nullable(),
}) satisfies z.ZodType<AuditView>;
