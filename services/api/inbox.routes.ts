/** `/v1/alarms` and `/v1/mutes`: what was raised, and what is told to nobody for a while. */

import {
  muteRequestSchema,
  muteViewSchema,
  raisedQuerySchema,
  raisedSchema,
} from "../../core/schema/inbox.ts";
import { acknowledgeSchema } from "../../core/schema/incidents.ts";
import { pageOf } from "../../core/schema/parts.ts";
import { call } from "../bus/call.ts";
import { read } from "../bus/peers.ts";
import { numberOf, withNumbers } from "./query.ts";
import type { RestCall, Route } from "./route.ts";

const tag = "Alarms";

export const inboxRoutes: Route[] = [
  {
    method: "GET",
    path: "/v1/alarms",
    tag,
    summary: "List the alarms that were raised, the latest first",
    description:
      "Alarms that are about the same are one while it lasts: tasks that failed alike (an incident), a breaker, a backlog, a broken channel, a destination that fails.",
    access: { role: "viewer" },
    query: raisedQuerySchema,
    answer: { description: "A page", schema: pageOf(raisedSchema) },
    handler: ({ broker, query, meta }) => {
      const { acknowledged, ...rest } = query;
      const flag = acknowledged === undefined ? {} : { acknowledged: flagOf(acknowledged) };
      return read(broker, "admin.listRaised", { ...withNumbers(rest, "limit"), ...flag }, { meta });
    },
  },
  {
    method: "POST",
    path: "/v1/alarms/{id}/acknowledge",
    tag,
    summary: "Say that somebody has it in hand",
    description: "Everybody sees who, when and the note. Its alarms go on.",
    access: { role: "operator" },
    body: { schema: acknowledgeSchema, optional: true },
    answer: { description: "The alarm", schema: raisedSchema },
    handler: ({ broker, params, body, meta }) =>
      call(broker, "admin.acknowledgeRaised", { ...(body as object | undefined), ...idOf(params) }, { meta }),
  },
  {
    method: "DELETE",
    path: "/v1/alarms/{id}/acknowledge",
    tag,
    summary: "Take back that somebody has it in hand",
    access: { role: "operator" },
    answer: { description: "The alarm", schema: raisedSchema },
    handler: ({ broker, params, meta }) => call(broker, "admin.releaseRaised", idOf(params), { meta }),
  },
  {
    method: "GET",
    path: "/v1/mutes",
    tag,
    summary: "List the mutes",
    access: { role: "viewer" },
    answer: { description: "All that are in force", schema: pageOf(muteViewSchema) },
    handler: ({ broker, meta }) => read(broker, "admin.listMutes", {}, { meta }),
  },
  {
    method: "POST",
    path: "/v1/mutes",
    tag,
    summary: "Mute alarms for a time",
    description:
      "By destination, `sourceAppName`, `errorCode` or one alarm (`incident`, an id of `GET /v1/alarms`); where several are given, alarms that fit all. One for the same takes the place of the one before.",
    access: { role: "operator" },
    body: { schema: muteRequestSchema },
    refusals: ["not_found", "limit_reached"],
    answer: { status: 201, description: "The mute", schema: muteViewSchema },
    handler: ({ broker, body, meta }) => call(broker, "admin.mute", body as object, { meta }),
  },
  {
    method: "DELETE",
    path: "/v1/mutes/{id}",
    tag,
    summary: "Tell alarms again",
    access: { role: "operator" },
    refusals: ["not_found"],
    answer: { status: 204, description: "It is over" },
    handler: async ({ broker, params, meta }) => {
      await call(broker, "admin.unmute", idOf(params), { meta });
    },
  },
];

const idOf = (params: RestCall["params"]) => ({ id: numberOf(params.id) });

/** What is neither is refused by the schema, under its name. */
const flagOf = (text: unknown): boolean =>
  text === "true" ? true : text === "false" ? false : (text as boolean);
