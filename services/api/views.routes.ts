/** `/v1/views`: filters of a list under a name, for all users. */
import type { SavedViewRequest } from "../../core/saved-view.ts";
import { pageOf } from "../../core/schema/parts.ts";
import {
  viewChangeSchema,
  viewQuerySchema,
  viewRequestSchema,
  viewSchema,
} from "../../core/schema/saved-views.ts";
import { call } from "../bus/call.ts";
import { read } from "../bus/peers.ts";
import { numberOf } from "./query.ts";
import type { RestCall, Route } from "./route.ts";

const tag = "Views";
const ANYBODY = { role: "viewer" } as const;

export const viewRoutes: Route[] = [
  {
    method: "GET",
    path: "/v1/views",
    tag,
    summary: "List the saved views of a list",
    access: ANYBODY,
    query: viewQuerySchema,
    answer: { description: "All of them, in order of their names", schema: pageOf(viewSchema) },
    handler: ({ broker, query, meta }) =>
      read(broker, "admin.listViews", query as { page: string }, { meta }),
  },
  {
    method: "POST",
    path: "/v1/views",
    tag,
    summary: "Save a view, for everybody",
    access: ANYBODY,
    body: { schema: viewRequestSchema },
    refusals: ["conflict"],
    answer: { status: 201, description: "The view", schema: viewSchema },
    handler: ({ broker, body, meta }) => call(broker, "admin.createView", body as SavedViewRequest, { meta }),
  },
  {
    method: "PATCH",
    path: "/v1/views/{id}",
    tag,
    summary: "Rename a view, or give it other filters",
    description: "Of one's own; administrators may change any.",
    access: ANYBODY,
    body: { schema: viewChangeSchema },
    refusals: ["conflict"],
    answer: { description: "The view", schema: viewSchema },
    handler: ({ broker, params, body, meta }) =>
      call(broker, "admin.changeView", { ...(body as object), ...idOf(params) }, { meta }),
  },
  {
    method: "DELETE",
    path: "/v1/views/{id}",
    tag,
    summary: "Delete a view",
    description: "Of one's own; administrators may delete any.",
    access: ANYBODY,
    answer: { status: 204, description: "Done" },
    handler: ({ broker, params, meta }) => call(broker, "admin.deleteView", idOf(params), { meta }),
  },
];

const idOf = (params: RestCall["params"]) => ({ id: numberOf(params.id) });
