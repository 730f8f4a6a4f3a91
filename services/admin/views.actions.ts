/** Saved views: shared by all users; changed by who made them, or by an administrator. */
import { isAllowed } from "../../core/caller.ts";
import { BidaError } from "../../core/errors.ts";
import type { SavedView } from "../../core/saved-view.ts";
import {
  viewChangeSchema,
  viewIdSchema,
  viewQuerySchema,
  viewRequestSchema,
} from "../../core/schema/saved-views.ts";
import { parseWith } from "../../core/task-schema.ts";
import { transaction } from "../../store/failures.ts";
import { addView, listViews, lockView, removeView, writeView } from "../../store/saved-views.ts";
import type { ActionsOf } from "../bus/bus.ts";
import type { BidaContext } from "../bus/types.ts";
import { actorOf } from "../tasks/audit.ts";
import { officeOf } from "./office.ts";
import { audited, difference } from "./people-parts.ts";

export const viewActions = {
  listViews: async (params, ctx) => {
    const { page } = parseWith(viewQuerySchema, params, "invalid_query");
    return { items: await listViews(officeOf(ctx).resources.db, page), nextCursor: null };
  },

  createView: async (params, ctx) => {
    const { db, clock } = officeOf(ctx).resources;
    const request = parseWith(viewRequestSchema, params, "invalid_body");
    const owner = ownerOf(ctx);
    return transaction(db, async (within) => {
      const view = await addView(within, request, owner, clock.now());
      await audited(within, clock, ctx, { action: "view.create", target: targetOf(view), after: request });
      return view;
    });
  },

  changeView: async ({ id, ...change }, ctx) => {
    const { db, clock } = officeOf(ctx).resources;
    const parsed = parseWith(viewIdSchema, { id }, "invalid_query");
    const { name, query } = parseWith(viewChangeSchema, change, "invalid_body");
    return transaction(db, async (within) => {
      const before = await lockOwn(within, ctx, parsed.id);
      const wanted = { ...(name !== undefined && { name }), ...(query !== undefined && { query }) };
      const after = await writeView(within, before, wanted, clock.now());
      const target = targetOf(before);
      await audited(within, clock, ctx, { action: "view.change", target, ...difference(before, after) });
      return after;
    });
  },

  deleteView: async ({ id }, ctx) => {
    const { db, clock } = officeOf(ctx).resources;
    const parsed = parseWith(viewIdSchema, { id }, "invalid_query");
    await transaction(db, async (within) => {
      const view = await lockOwn(within, ctx, parsed.id);
      await removeView(within, view);
      const { page, name, query } = view;
      const before = { page, name, query };
      await audited(within, clock, ctx, { action: "view.delete", target: targetOf(view), before });
    });
    return {};
  },
} satisfies Partial<ActionsOf<"admin">>;

const targetOf = ({ id }: SavedView) => ({ type: "view", id: String(id) });

/** @throws BidaError forbidden for callers that are no users */
function ownerOf(ctx: BidaContext): SavedView["owner"] {
  const { kind, id, name } = actorOf(ctx);
  if (kind !== "user" || id === null) throw new BidaError("forbidden", "Views belong to users");
  return { id, name };
}

/** @throws BidaError not_found; forbidden where it is somebody else's */
async function lockOwn(within: Parameters<typeof lockView>[0], ctx: BidaContext, id: number) {
  const view = await lockView(within, id);
  const actor = actorOf(ctx);
  const isOwn = actor.kind === "user" && actor.id === view.owner.id;
  if (isOwn || isAllowed(actor, { role: "admin" })) return view;
  throw new BidaError(
    "forbidden",
    `The view is ${view.owner.name}'s: they, or an administrator, may change it`,
  );
}
