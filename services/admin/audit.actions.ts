/** The audit log: reading it, and entries of refused attempts. */

import { isAllowed } from "../../core/caller.ts";
import { iso } from "../../core/clock.ts";
import { BidaError } from "../../core/errors.ts";
import { auditQuerySchema } from "../../core/schema/audit.ts";
import { parseWith } from "../../core/task-schema.ts";
import { auditNames, listAudit, recordAudit } from "../../store/audit.ts";
import type { ActionsOf } from "../bus/bus.ts";
import { actorOf, originOfCall } from "../tasks/audit.ts";
import { targetNames } from "./audit-names.ts";
import { officeOf } from "./office.ts";

export const auditActions = {
  listAudit: async (params, ctx) => {
    const query = parseWith(auditQuerySchema, params, "invalid_query");
    const target = query.target === undefined ? undefined : targetOf(query.target);
    if (!isAllowed(actorOf(ctx), { role: "admin" }) && !(target?.type === "task" && target.id !== null))
      throw new BidaError("forbidden", "Operators may read the entries of one task: target=task:<id>");
    const filter = {
      actor: query.actor,
      action: query.action,
      target,
      from: query.from ? Date.parse(query.from) : undefined,
      to: query.to ? Date.parse(query.to) : undefined,
      group: query.group,
    };
    const { db } = officeOf(ctx).resources;
    const page = await listAudit(db, filter, query.limit, query.cursor ?? null);
    const nameOf = await targetNames(
      db,
      page.items.map((entry) => entry.target),
    );
    const items = page.items.map((entry) => ({
      ...{ ...entry, at: iso(entry.at) },
      target: { ...entry.target, name: nameOf(entry.target) },
    }));
    return { ...page, items };
  },

  auditNames: async (_, ctx) => auditNames(officeOf(ctx).resources.db),

  noteRefusal: async ({ route }, ctx) => {
    const { db, clock } = officeOf(ctx).resources;
    const target = { type: "route", id: route };
    await recordAudit(db, { at: clock.now(), ...originOfCall(ctx), action: "request.refuse", target });
    return {};
  },
} satisfies Partial<ActionsOf<"admin">>;

/** `task:0198…` → type and id; the id may hold colons. */
function targetOf(text: string): { type: string; id: string | null } {
  const colon = text.indexOf(":");
  return colon < 0 ? { type: text, id: null } : { type: text.slice(0, colon), id: text.slice(colon + 1) };
}
