/** `/v1/incidents`: failures gathered by destination, error code and status. */
import type { BulkResult } from "../../core/bulk.ts";
import { MANY_TASKS_LIMIT } from "../../core/request-limits.ts";
import { bulkOptionsSchema, bulkResultSchema } from "../../core/schema/bulk.ts";
import {
  acknowledgeSchema,
  incidentDetailSchema,
  incidentQuerySchema,
  incidentSchema,
  muteSchema,
} from "../../core/schema/incidents.ts";
import { pageOf } from "../../core/schema/parts.ts";
import { call } from "../bus/call.ts";
import { read } from "../bus/peers.ts";
import { numberOf, withNumbers } from "./query.ts";
import type { RestCall, Route } from "./route.ts";

const tag = "Incidents";

const ofTasks = (action: "retry" | "resolve", summary: string): Route => ({
  method: "POST",
  path: `/v1/incidents/{id}/${action}`,
  tag,
  summary,
  description: "Those of its tasks that are exhausted. `dryRun` counts and changes nothing.",
  access: { role: "operator" },
  body: { schema: bulkOptionsSchema, optional: true },
  answer: { description: "Counted, or done", schema: bulkResultSchema },
  otherAnswers: {
    202: { description: "More than 1,000 tasks: `job` works on them", schema: bulkResultSchema },
  },
  handler: async ({ broker, params, body, meta, res }): Promise<BulkResult> => {
    const request = (body ?? {}) as object;
    const options = { meta, timeout: MANY_TASKS_LIMIT };
    const done = await call(
      broker,
      "admin.changeIncidentTasks",
      { ...idOf(params), action, request },
      options,
    );
    if (done.job !== null) res.statusCode = 202;
    return done;
  },
});

export const incidentRoutes: Route[] = [
  {
    method: "GET",
    path: "/v1/incidents",
    tag,
    summary: "List incidents, the one that failed last first",
    description: "Tasks that were exhausted, gathered by destination, error code and status.",
    access: { role: "viewer" },
    query: incidentQuerySchema,
    answer: { description: "A page", schema: pageOf(incidentSchema) },
    handler: ({ broker, query, meta }) =>
      read(broker, "admin.listIncidents", withNumbers(query, "limit"), { meta }),
  },
  {
    method: "GET",
    path: "/v1/incidents/{id}",
    tag,
    summary: "One incident, and what became of its tasks",
    access: { role: "viewer" },
    answer: { description: "The incident", schema: incidentDetailSchema },
    handler: ({ broker, params, meta }) => read(broker, "admin.getIncident", idOf(params), { meta }),
  },
  {
    method: "POST",
    path: "/v1/incidents/{id}/acknowledge",
    tag,
    summary: "Say that somebody has it in hand",
    access: { role: "operator" },
    body: { schema: acknowledgeSchema, optional: true },
    answer: { description: "The incident", schema: incidentDetailSchema },
    handler: ({ broker, params, body, meta }) =>
      call(
        broker,
        "admin.acknowledgeIncident",
        { ...(body as object | undefined), ...idOf(params) },
        { meta },
      ),
  },
  {
    method: "DELETE",
    path: "/v1/incidents/{id}/acknowledge",
    tag,
    summary: "Take back that somebody has it in hand",
    access: { role: "operator" },
    answer: { description: "The incident", schema: incidentDetailSchema },
    handler: ({ broker, params, meta }) => call(broker, "admin.releaseIncident", idOf(params), { meta }),
  },
  {
    method: "POST",
    path: "/v1/incidents/{id}/mute",
    tag,
    summary: "Tell nobody of its further failures, or tell of them again",
    description:
      "While wider mutes hold it back as well, `muted: false` is a `conflict` that names them, and changes nothing.",
    access: { role: "operator" },
    body: { schema: muteSchema },
    refusals: ["conflict"],
    answer: { description: "The incident", schema: incidentDetailSchema },
    handler: ({ broker, params, body, meta }) =>
      call(broker, "admin.muteIncident", { ...(body as { muted: boolean }), ...idOf(params) }, { meta }),
  },
  ofTasks("retry", "Call its tasks again, now"),
  ofTasks("resolve", "Mark its tasks as repaired elsewhere"),
];

const idOf = (params: RestCall["params"]) => ({ id: numberOf(params.id) });
