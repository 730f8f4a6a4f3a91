/** What operators do: look for tasks, call them again, end them, declare them mended. */
import type { ServiceSchema } from "moleculer";
import { z } from "zod";
import type { TaskQuery } from "../../core/contract.ts";
import {
  destinationChangeSchema,
  destinationQuerySchema,
  originSchema,
} from "../../core/schema/destinations.ts";
import { querySchema, retrySchema } from "../../core/schema/tasks.ts";
import { parseWith } from "../../core/task-schema.ts";
import { appByKeyHash } from "../../store/apps.ts";
import { listTasks } from "../../store/read.ts";
import { actionsOf } from "../lib/bus.ts";
import { type Resources, resourcesOf } from "../lib/resources.ts";
import { cancelTask, resolveTask, retryTask, scopeOf, taskIdOf } from "../lib/tasks.ts";
import { taskView } from "../lib/views.ts";
import * as destinations from "./destinations.ts";
import { filterOf } from "./task-filter.ts";

const originParam = z.strictObject({ origin: originSchema });

let resources: Resources;

const admin: ServiceSchema = {
  name: "admin",

  actions: actionsOf<"admin">({
    list: async (params: TaskQuery, ctx) => {
      const query = parseWith(querySchema, params, "invalid_query");
      const { filter, leased } = await filterOf(query, resources.due);
      const page = await listTasks(resources.db, scopeOf(ctx), filter, query.limit, query.cursor ?? null);
      return {
        items: page.items.map((task) => taskView(task, leased.has(task.taskId))),
        nextCursor: page.nextCursor,
      };
    },

    retry: async (params, ctx) => {
      const { taskId, force } = parseWith(retrySchema, params, "invalid_query");
      return retryTask(resources, scopeOf(ctx), taskIdOf(taskId), force);
    },

    cancel: async ({ taskId }, ctx) => cancelTask(resources, scopeOf(ctx), taskIdOf(taskId)),

    resolve: async ({ taskId }, ctx) => resolveTask(resources, scopeOf(ctx), taskIdOf(taskId)),

    listDestinations: async (params) =>
      destinations.listViews(resources, parseWith(destinationQuerySchema, params, "invalid_query")),

    getDestination: async ({ origin }) =>
      destinations.view(resources, parseWith(originParam, { origin }, "invalid_query").origin),

    changeDestination: async (params) => {
      const { origin } = parseWith(originParam, { origin: params.origin }, "invalid_query");
      const change = parseWith(destinationChangeSchema, params.change, "invalid_query");
      await destinations.change(resources, origin, change);
      return destinations.view(resources, origin);
    },

    identify: async ({ keyHash }) => {
      const app = await appByKeyHash(resources.db, Buffer.from(keyHash, "hex"));
      return app && { appId: app.id, name: app.name };
    },
  }),

  async started() {
    resources = resourcesOf(this.broker);
  },
};

export default admin;
