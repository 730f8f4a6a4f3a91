/** `/v1/search`: one search over everything; and suggestions for filters. */

import {
  searchAnswerSchema,
  searchQuerySchema,
  suggestionsSchema,
  suggestQuerySchema,
} from "../../core/schema/search.ts";
import type { SuggestQuery } from "../../core/search.ts";
import { read } from "../bus/peers.ts";
import type { Route } from "./route.ts";

const tag = "Search";
const READ = { role: "viewer" } as const;

/** Before `/v1/tasks/{taskId}`, which would take `suggestions` for an id. */
export const searchRoutes: Route[] = [
  {
    method: "GET",
    path: "/v1/search",
    tag,
    summary: "Find tasks, apps, destinations and incidents by what somebody types",
    description:
      "Looks at each place where it can stand: task ids (also their beginning, their end, or as lists shorten them), business, order and idempotency keys, called URLs, payloads, apps, destinations, incidents. Five of each at most. No index knows what stands inside of URLs and payloads: there the newest tasks are looked at for about 100 ms.",
    access: READ,
    query: searchQuerySchema,
    answer: { description: "Findings, place by place", schema: searchAnswerSchema },
    handler: ({ broker, query, meta }) => read(broker, "admin.search", query as { text: string }, { meta }),
  },
  {
    method: "GET",
    path: "/v1/tasks/suggestions",
    tag,
    summary: "Values for a filter of tasks, for who types one",
    description: "Ten at most. Names that tasks give themselves are those of the newest 5,000.",
    access: READ,
    query: suggestQuerySchema,
    answer: { description: "In order", schema: suggestionsSchema },
    handler: ({ broker, query, meta }) =>
      read(broker, "admin.suggest", query as never as SuggestQuery, { meta }),
  },
];
