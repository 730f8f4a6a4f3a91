/** `/v1/attempts`: calls across tasks. */
import type { AttemptQuery } from "../../core/contract.ts";
import { attemptPageSchema, attemptQuerySchema } from "../../core/schema/attempts.ts";
import { read } from "../bus/peers.ts";
import { withNumbers } from "./query.ts";
import type { Route } from "./route.ts";

export const attemptRoutes: Route[] = [
  {
    method: "GET",
    path: "/v1/attempts",
    tag: "Attempts",
    summary: "Calls of all tasks, newest first",
    description:
      "Without the answers, which stand in the task's attempts; `include=response` gives its beginning. Where few calls fit the filters a page may hold fewer than `limit`, and still have a `nextCursor`.",
    access: { role: "viewer", apps: true },
    query: attemptQuerySchema,
    answer: { description: "A page", schema: attemptPageSchema },
    handler: ({ broker, query, meta }) =>
      read(broker, "admin.attempts", withNumbers(query, "limit", "status") as AttemptQuery, { meta }),
  },
];
