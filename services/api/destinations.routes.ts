/** `/v1/destinations`. In the path an origin is percent-encoded. */
import { z } from "zod";
import { reportSchema } from "../../core/schema/destination-report.ts";
import {
  destinationChangeSchema,
  destinationQuerySchema,
  destinationViewSchema,
} from "../../core/schema/destinations.ts";
import { call } from "../bus/call.ts";
import { read } from "../bus/peers.ts";
import { withNumbers } from "./query.ts";
import type { RestCall, Route } from "./route.ts";

const tag = "Destinations";

export const destinationRoutes: Route[] = [
  {
    method: "GET",
    path: "/v1/destinations",
    tag,
    summary: "List target origins, with how they are",
    access: { role: "viewer" },
    query: destinationQuerySchema,
    answer: {
      description: "A page, in order of origin",
      schema: z.object({ items: z.array(destinationViewSchema), nextCursor: z.string().nullable() }),
    },
    handler: ({ broker, query, meta }) =>
      read(broker, "admin.listDestinations", withNumbers(query, "limit"), { meta }),
  },
  {
    method: "GET",
    path: "/v1/destinations/{origin}",
    tag,
    summary: "One target origin",
    access: { role: "viewer" },
    answer: { description: "The destination", schema: destinationViewSchema },
    handler: ({ broker, params, meta }) => read(broker, "admin.getDestination", originOf(params), { meta }),
  },
  {
    method: "GET",
    path: "/v1/destinations/{origin}/report",
    tag,
    summary: "All that is known of one target origin",
    description:
      "Figures of its calls, its last error and success, who calls it, who paused it, what its breaker did, and the latest outage with what it missed.",
    access: { role: "viewer" },
    answer: { description: "The report", schema: reportSchema },
    handler: ({ broker, params, meta }) =>
      read(broker, "admin.reportDestination", originOf(params), { meta }),
  },
  {
    method: "PATCH",
    path: "/v1/destinations/{origin}",
    tag,
    summary: "Pause, resume, limit; switch or reset the breaker",
    access: { role: "operator" },
    body: { schema: destinationChangeSchema },
    answer: { description: "The destination", schema: destinationViewSchema },
    handler: ({ broker, params, body, meta }) =>
      call(broker, "admin.changeDestination", { ...originOf(params), change: body as object }, { meta }),
  },
];

const originOf = (params: RestCall["params"]) => ({ origin: params.origin ?? "" });
