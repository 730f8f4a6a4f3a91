/** `/v1/tasks`. Bodies go on as they came: the action checks them. */
import type { ServiceBroker } from "moleculer";
import type { TaskQuery, TaskRequest } from "../../core/contract.ts";
import { call, read } from "../lib/bus.ts";
import type { Callers } from "./caller.ts";
import { type GatewayHandler, type RestHandler, type RestOptions, rest } from "./route.ts";

export function taskRoutes(broker: ServiceBroker, callers: Callers): Record<string, GatewayHandler> {
  const route = (handler: RestHandler, options?: RestOptions) => rest(broker, callers, handler, options);
  return {
    "POST /tasks": route(create, { status: 202, body: "task" }),
    "POST /tasks/batch": route(createBatch, { status: 202, body: "batch" }),
    "GET /tasks": route(list),
    "GET /tasks/:taskId": route(({ params, meta }) => read(broker, "scheduler.get", idOf(params), { meta })),
    "GET /tasks/:taskId/attempts": route(({ params, meta }) =>
      read(broker, "scheduler.attempts", idOf(params), { meta }),
    ),
    "POST /tasks/:taskId/retry": route(retry, { body: "task", optional: true }),
    "POST /tasks/:taskId/cancel": route(({ params, meta }) =>
      call(broker, "admin.cancel", idOf(params), { meta }),
    ),
    "POST /tasks/:taskId/resolve": route(({ params, meta }) =>
      call(broker, "admin.resolve", idOf(params), { meta }),
    ),
  };
}

const idOf = (params: Record<string, string>) => ({ taskId: params.taskId ?? "" });

const create: RestHandler = ({ broker, body, meta }) =>
  call(broker, "scheduler.submit", body as TaskRequest, { meta });

const createBatch: RestHandler = ({ broker, body, meta }) =>
  call(broker, "scheduler.submitBatch", body as { tasks: TaskRequest[] }, { meta, timeout: 30_000 });

const list: RestHandler = ({ broker, query, meta }) => read(broker, "admin.list", queryOf(query), { meta });

const retry: RestHandler = ({ broker, params, body, meta }) =>
  call(broker, "admin.retry", { ...(body as object | undefined), ...idOf(params) }, { meta });

/** Query strings are text; lists repeat their name. The action checks the values. */
function queryOf(query: Record<string, unknown>): TaskQuery {
  const { state, limit, ...rest } = query;
  const typed: Record<string, unknown> = { ...rest };
  if (state !== undefined) typed.state = Array.isArray(state) ? state : [state];
  if (limit !== undefined) typed.limit = /^\d+$/.test(String(limit)) ? Number(limit) : limit;
  return typed as TaskQuery;
}
