/** Jobs over many tasks: `/v1/jobs`. What begins them is in `bulk.routes.ts`. */
import type { JobChange, JobQuery } from "../../core/bulk.ts";
import {
  jobChangeSchema,
  jobDetailSchema,
  jobQuerySchema,
  jobSchema,
  stopSchema,
} from "../../core/schema/bulk.ts";
import { pageOf } from "../../core/schema/parts.ts";
import { call } from "../bus/call.ts";
import { read } from "../bus/peers.ts";
import { withList, withNumbers } from "./query.ts";
import type { RestCall, Route } from "./route.ts";

const tag = "Many tasks";
const READ = { role: "viewer", apps: true } as const;
const CHANGE = { role: "operator", apps: true } as const;
const answer = { description: "The job", schema: jobSchema };

export const jobRoutes: Route[] = [
  {
    method: "GET",
    path: "/v1/jobs",
    tag,
    summary: "List jobs over many tasks, newest first",
    access: READ,
    query: jobQuerySchema,
    answer: { description: "A page", schema: pageOf(jobSchema) },
    handler: ({ broker, query, meta }) =>
      read(broker, "admin.listJobs", withList(withNumbers(query, "limit"), "state") as JobQuery, { meta }),
  },
  {
    method: "GET",
    path: "/v1/jobs/{jobId}",
    tag,
    summary: "One job: its progress, what it left out, and what became of its tasks",
    access: READ,
    answer: { description: "The job", schema: jobDetailSchema },
    handler: ({ broker, params, meta }) => read(broker, "admin.getJob", idOf(params), { meta }),
  },
  {
    method: "PATCH",
    path: "/v1/jobs/{jobId}",
    tag,
    summary: "Set the pace of a job, pause it or have it go on",
    access: CHANGE,
    body: { schema: jobChangeSchema },
    refusals: ["conflict"],
    answer,
    handler: ({ broker, params, body, meta }) =>
      call(broker, "admin.changeJob", { ...idOf(params), change: body as JobChange }, { meta }),
  },
  {
    method: "DELETE",
    path: "/v1/jobs/{jobId}",
    tag,
    summary: "Stop a job; finished tasks stay as they are",
    access: CHANGE,
    body: { schema: stopSchema, optional: true },
    refusals: ["conflict"],
    answer,
    handler: ({ broker, params, body, meta }) =>
      call(broker, "admin.stopJob", { ...(body as object | undefined), ...idOf(params) }, { meta }),
  },
];

const idOf = (params: RestCall["params"]) => ({ id: params.jobId ?? "" });
