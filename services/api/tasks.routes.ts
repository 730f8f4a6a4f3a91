/** `/v1/tasks`. Bodies go on as they came: the action checks them. */
import type { TaskQuery } from "../../core/contract.ts";
import {
  acceptedSchema,
  attemptsSchema,
  attemptViewSchema,
  batchResultSchema,
  batchSchema,
  neighboursSchema,
  taskPageSchema,
  taskViewSchema,
} from "../../core/schema/task-views.ts";
import {
  attemptsQuerySchema,
  endBodySchema,
  neighbourQuerySchema,
  querySchema,
  retryBodySchema,
} from "../../core/schema/tasks.ts";
import { printTask, printTaskPage } from "../../core/task-json.ts";
import { taskSchema } from "../../core/task-schema.ts";
import { call } from "../bus/call.ts";
import { read } from "../bus/peers.ts";
import { submit, submitBatch } from "../tasks/submit.ts";
import { numberOf, taskQueryOf, withNumbers } from "./query.ts";
import type { RestCall, Route } from "./route.ts";

const tag = "Tasks";
/** Apps see and change what is theirs. */
const READ = { role: "viewer", apps: true } as const;
const CHANGE = { role: "operator", apps: true } as const;

export const taskRoutes: Route[] = [
  {
    method: "POST",
    path: "/v1/tasks",
    tag,
    summary: "Hand over a task",
    description: "Answered once the task is committed.",
    access: CHANGE,
    body: { schema: taskSchema, size: "task", asText: true },
    idempotent: true,
    refusals: ["unanswered"],
    answer: { status: 202, description: "Accepted", schema: acceptedSchema },
    handler: ({ broker, text, meta }) => submit(broker, "v1", text, meta),
  },
  {
    method: "POST",
    path: "/v1/tasks/batch",
    tag,
    summary: "Hand over up to 1,000 tasks",
    access: CHANGE,
    body: { schema: batchSchema, size: "batch", asText: true },
    idempotent: true,
    refusals: ["unanswered"],
    answer: { status: 202, description: "One result per task, in order", schema: batchResultSchema },
    handler: ({ broker, text, meta }) => submitBatch(broker, text, meta),
  },
  {
    method: "GET",
    path: "/v1/tasks",
    tag,
    summary: "List tasks",
    description:
      "Newest first; with `sort=due` open tasks, the one that is due first on top. Without payloads, unless `include=payload`. Where few tasks fit the filters, a page may hold fewer than `limit`, and still have a `nextCursor`.",
    access: READ,
    query: querySchema,
    answer: { description: "A page", schema: taskPageSchema },
    print: printTaskPage,
    handler: ({ broker, query, meta }) =>
      read(broker, "admin.list", taskQueryOf(query) as TaskQuery, { meta }),
  },
  {
    method: "GET",
    path: "/v1/tasks/{taskId}",
    tag,
    summary: "One task",
    access: READ,
    answer: { description: "The task", schema: taskViewSchema },
    print: printTask,
    handler: ({ broker, params, meta }) => read(broker, "scheduler.get", idOf(params), { meta }),
  },
  {
    method: "GET",
    path: "/v1/tasks/{taskId}/neighbours",
    tag,
    summary: "The tasks beside one in a list",
    description:
      "The filters and the order are those of `GET /v1/tasks`. The task itself need not fit them any more.",
    access: READ,
    query: neighbourQuerySchema,
    answer: { description: "Those above and below it", schema: neighboursSchema },
    handler: ({ broker, params, query, meta }) =>
      read(broker, "admin.neighbours", { ...taskQueryOf(query), ...idOf(params) }, { meta }),
  },
  {
    method: "GET",
    path: "/v1/tasks/{taskId}/attempts",
    tag,
    summary: "A task's attempts",
    description:
      "Oldest first, unless `order=newest`. A page takes about 4 MiB and may hold fewer than `limit`.",
    access: READ,
    query: attemptsQuerySchema,
    answer: { description: "A page", schema: attemptsSchema },
    handler: ({ broker, params, query, meta }) =>
      read(broker, "scheduler.attempts", { ...withNumbers(query, "limit"), ...idOf(params) }, { meta }),
  },
  {
    method: "POST",
    path: "/v1/tasks/{taskId}/reveal",
    tag,
    summary: "One task with its secrets",
    description:
      "Elsewhere users see `******` in the place of credentials in headers, in the URL's query and in the parameters that are one. It is in the audit log who looked.",
    access: CHANGE,
    body: { schema: endBodySchema, optional: true },
    answer: { description: "The task", schema: taskViewSchema },
    print: printTask,
    handler: ({ broker, params, body, meta }) =>
      call(broker, "admin.reveal", { ...(body as object | undefined), ...idOf(params) }, { meta }),
  },
  {
    method: "POST",
    path: "/v1/tasks/{taskId}/attempts/{n}/reveal",
    tag,
    summary: "One attempt with the secrets of its answer",
    description:
      "Elsewhere users see `******` in the place of credentials in headers of answers, `set-cookie` for instance. It is in the audit log who looked.",
    access: CHANGE,
    body: { schema: endBodySchema, optional: true },
    answer: { description: "The attempt", schema: attemptViewSchema },
    handler: ({ broker, params, body, meta }) =>
      call(
        broker,
        "admin.revealAttempt",
        { ...(body as object | undefined), ...idOf(params), n: numberOf(params.n) },
        { meta },
      ),
  },
  {
    method: "POST",
    path: "/v1/tasks/{taskId}/retry",
    tag,
    summary: "Call a task again, now",
    access: CHANGE,
    body: { schema: retryBodySchema, optional: true },
    refusals: ["state_conflict", "limit_reached"],
    answer: { description: "The task", schema: taskViewSchema },
    print: printTask,
    handler: ({ broker, params, body, meta }) =>
      call(broker, "admin.retry", { ...(body as object | undefined), ...idOf(params) }, { meta }),
  },
  {
    method: "POST",
    path: "/v1/tasks/{taskId}/cancel",
    tag,
    summary: "End an open task",
    access: CHANGE,
    body: { schema: endBodySchema, optional: true },
    refusals: ["state_conflict"],
    answer: { description: "The task", schema: taskViewSchema },
    print: printTask,
    handler: ({ broker, params, body, meta }) =>
      call(broker, "admin.cancel", { ...(body as object | undefined), ...idOf(params) }, { meta }),
  },
  {
    method: "POST",
    path: "/v1/tasks/{taskId}/resolve",
    tag,
    summary: "Mark an exhausted task as repaired elsewhere",
    access: CHANGE,
    body: { schema: endBodySchema, optional: true },
    refusals: ["state_conflict"],
    answer: { description: "The task", schema: taskViewSchema },
    print: printTask,
    handler: ({ broker, params, body, meta }) =>
      call(broker, "admin.resolve", { ...(body as object | undefined), ...idOf(params) }, { meta }),
  },
];

const idOf = (params: RestCall["params"]) => ({ taskId: params.taskId ?? "" });
