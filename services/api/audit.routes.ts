/** `/v1/audit`. */
import { auditNamesSchema, auditQuerySchema, auditSchema } from "../../core/schema/audit.ts";
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
    description:
      "Operators may read the entries of one task, `target=task:<id>`; administrators all. What a job did, or an act on many tasks, is one entry; `group` has those of its tasks.",
    access: { role: "operator" },
    query: auditQuerySchema,
    answer: { description: "A page", schema: pageOf(auditSchema) },
    handler: ({ broker, query, meta }) =>
      read(broker, "admin.listAudit", withNumbers(query, "limit"), { meta }),
  },
  {
    method: "GET",
    path: "/v1/audit/names",
    tag: "Audit",
    summary: "Who did what lately, for filters",
    description: "Of the latest 5,000 entries.",
    access: { role: "admin" },
    answer: { description: "Names", schema: auditNamesSchema },
    handler: ({ broker, meta }) => read(broker, "admin.auditNames", {}, { meta }),
  },
];
