/** Alarms that were raised, and mutes: the actions. */
import { z } from "zod";
import { muteRequestSchema, raisedQuerySchema } from "../../core/schema/inbox.ts";
import { acknowledgeSchema, incidentIdSchema } from "../../core/schema/incidents.ts";
import { note } from "../../core/schema/parts.ts";
import { parseWith } from "../../core/task-schema.ts";
import type { ActionsOf } from "../bus/bus.ts";
import * as inbox from "./inbox.ts";
import { releaseIncident } from "./incidents.ts";
import { officeOf } from "./office.ts";

const noteSchema = z.strictObject({ note });

const idOf = (id: number): number => parseWith(incidentIdSchema, { id }, "invalid_query").id;

export const inboxActions = {
  listRaised: async (params, ctx) =>
    inbox.raisedPage(officeOf(ctx).resources, parseWith(raisedQuerySchema, params, "invalid_query")),

  acknowledgeRaised: async ({ id, ...body }, ctx) => {
    const { resources } = officeOf(ctx);
    const { note } = parseWith(acknowledgeSchema, body, "invalid_body");
    await inbox.acknowledge(resources, ctx, idOf(id), note);
    return inbox.raised(resources, id);
  },

  releaseRaised: async ({ id, ...body }, ctx) => {
    const { resources } = officeOf(ctx);
    const { note } = parseWith(noteSchema, body, "invalid_body");
    await inbox.releaseRaised(resources, ctx, idOf(id), note);
    return inbox.raised(resources, id);
  },

  releaseIncident: async ({ id, ...body }, ctx) => {
    const { note } = parseWith(noteSchema, body, "invalid_body");
    return releaseIncident(officeOf(ctx).resources, ctx, idOf(id), note);
  },

  listMutes: async (_, ctx) => inbox.mutesPage(officeOf(ctx).resources),

  mute: async (request, ctx) =>
    inbox.mute(officeOf(ctx).resources, ctx, parseWith(muteRequestSchema, request, "invalid_body")),

  unmute: async ({ id, ...body }, ctx) => {
    const { note } = parseWith(noteSchema, body, "invalid_body");
    await inbox.unmute(officeOf(ctx).resources, ctx, { id: idOf(id) }, note);
    return {};
  },
} satisfies Partial<ActionsOf<"admin">>;
