/** `/v1/apps`. */
import type { AppChange, AppRequest } from "../../core/people.ts";
import {
  appSchema,
  changeAppSchema,
  createAppSchema,
  createdAppSchema,
  rotatedKeySchema,
  rotatedSecretSchema,
  rotateSchema,
} from "../../core/schema/apps.ts";
import { pageOf, pageQuerySchema } from "../../core/schema/parts.ts";
import { call } from "../bus/call.ts";
import { read } from "../bus/peers.ts";
import { numberOf, withNumbers } from "./query.ts";
import type { RestCall, Route } from "./route.ts";

const tag = "Apps";
const READ = { role: "viewer" } as const;
const CHANGE = { role: "admin" } as const;

export const appRoutes: Route[] = [
  {
    method: "GET",
    path: "/v1/apps",
    tag,
    summary: "List calling apps",
    access: READ,
    query: pageQuerySchema,
    answer: { description: "A page", schema: pageOf(appSchema) },
    handler: ({ broker, query, meta }) =>
      read(broker, "admin.listApps", withNumbers(query, "limit"), { meta }),
  },
  {
    method: "POST",
    path: "/v1/apps",
    tag,
    summary: "Make an app",
    description: "The answer is the only one that shows the API key and the signing secret.",
    access: CHANGE,
    body: { schema: createAppSchema },
    refusals: ["conflict"],
    answer: { status: 201, description: "The app, its key and its secret", schema: createdAppSchema },
    handler: ({ broker, body, meta }) => call(broker, "admin.createApp", body as AppRequest, { meta }),
  },
  {
    method: "PATCH",
    path: "/v1/apps/{id}",
    tag,
    summary: "Change an app's name or limits, or disable it",
    access: CHANGE,
    body: { schema: changeAppSchema },
    refusals: ["conflict"],
    answer: { description: "The app", schema: appSchema },
    handler: ({ broker, params, body, meta }) =>
      call(broker, "admin.changeApp", { ...(body as AppChange), ...idOf(params) }, { meta }),
  },
  {
    method: "DELETE",
    path: "/v1/apps/{id}",
    tag,
    summary: "Delete an app",
    description: "Its key stops working and its name is free again. Its tasks go on.",
    access: CHANGE,
    answer: { status: 204, description: "Done" },
    handler: ({ broker, params, meta }) => call(broker, "admin.deleteApp", idOf(params), { meta }),
  },
  {
    method: "POST",
    path: "/v1/apps/{id}/rotate-key",
    tag,
    summary: "Give an app another API key",
    description: "The former one works for 24 h more, unless `immediately` is true.",
    access: CHANGE,
    body: { schema: rotateSchema, optional: true },
    answer: { description: "The app and its new key", schema: rotatedKeySchema },
    handler: ({ broker, params, body, meta }) =>
      call(broker, "admin.rotateKey", { ...(body as object | undefined), ...idOf(params) }, { meta }),
  },
  {
    method: "POST",
    path: "/v1/apps/{id}/rotate-secret",
    tag,
    summary: "Give an app another signing secret",
    description: "Both sign for 24 h, unless `immediately` is true.",
    access: CHANGE,
    body: { schema: rotateSchema, optional: true },
    refusals: ["conflict"],
    answer: { description: "The app and its new secret", schema: rotatedSecretSchema },
    handler: ({ broker, params, body, meta }) =>
      call(broker, "admin.rotateSecret", { ...(body as object | undefined), ...idOf(params) }, { meta }),
  },
];

const idOf = (params: RestCall["params"]) => ({ id: numberOf(params.id) });
