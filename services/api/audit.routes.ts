/** `/v1/audit`. */
import { auditQuerySchema, auditSchema } from "../../core/schema/audit.ts";
import { pageOf } from "../../core/schema/parts.ts";
import { read } from "../bus/peers.ts";
import { withNumbers } from "./query.ts";
import type { Route } from "./route.ts";

export const auditRoutes: Route[] = [
  {
    method: "GET",
    path: "/v1/audit",
    tag: "Audit",
    summary: "Who did what, newest first",
    description: "Operators may read the entries of one task, `target=task:<id>`; administrators all.",
    access: { role: "operator" },
    query: auditQuerySchema,
    answer: { description: "A page", schema: pageOf(auditSchema) },
    handler: ({ broker, query, meta }) =>
      read(broker, "admin.listAudit", withNumbers(query, "limit"), { meta }),
  },
];
