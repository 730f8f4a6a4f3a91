/** `/v1/stats`. */
import type { StatsRangeQuery, StatsSeriesQuery } from "../../core/contract.ts";
import { healthSchema } from "../../core/schema/destination-report.ts";
import {
  destinationsSchema,
  errorsQuerySchema,
  errorsSchema,
  rangeQuerySchema,
  seriesQuerySchema,
  seriesSchema,
  summarySchema,
} from "../../core/schema/stats.ts";
import { read } from "../bus/peers.ts";
import { withNumbers } from "./query.ts";
import type { RestCall, Route } from "./route.ts";

const tag = "Statistics";
/** Apps see what is theirs. */
const access = { role: "viewer", apps: true } as const;

export const statsRoutes: Route[] = [
  {
    method: "GET",
    path: "/v1/stats/summary",
    tag,
    summary: "How things stand, and how the last hour and the last 24 hours went",
    access,
    answer: { description: "The summary", schema: summarySchema },
    handler: ({ broker, meta }) => read(broker, "admin.statsSummary", {}, { meta }),
  },
  {
    method: "GET",
    path: "/v1/stats/series",
    tag,
    summary: "Counts and durations by the minute, hour or day",
    description: "At most 1,500 points. Days are those of UTC.",
    access,
    query: seriesQuerySchema,
    answer: { description: "One point per step", schema: seriesSchema },
    handler: ({ broker, query, meta }) =>
      read(broker, "admin.statsSeries", rangeOf(query) as StatsSeriesQuery, { meta }),
  },
  {
    method: "GET",
    path: "/v1/stats/destinations",
    tag,
    summary: "Counts and durations per destination, busiest first",
    access,
    query: rangeQuerySchema,
    answer: { description: "All destinations that are kept apart", schema: destinationsSchema },
    handler: ({ broker, query, meta }) => read(broker, "admin.statsDestinations", rangeOf(query), { meta }),
  },
  {
    method: "GET",
    path: "/v1/stats/health",
    tag,
    summary: "How destinations are: their calls of the last 5 minutes, hour and day, busiest first",
    access: { role: "viewer" },
    answer: { description: "All destinations that are kept apart", schema: healthSchema },
    handler: ({ broker, meta }) => read(broker, "admin.statsHealth", {}, { meta }),
  },
  {
    method: "GET",
    path: "/v1/stats/errors",
    tag,
    summary: "Failed calls per error code",
    access,
    query: errorsQuerySchema,
    answer: { description: "All error codes that occurred", schema: errorsSchema },
    handler: ({ broker, query, meta }) => read(broker, "admin.statsErrors", rangeOf(query), { meta }),
  },
];

const rangeOf = (query: RestCall["query"]) => withNumbers(query, "app") as unknown as StatsRangeQuery;
