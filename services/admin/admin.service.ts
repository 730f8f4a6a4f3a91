/** What operators do: look for tasks, call them again, end them, declare them mended; who may do what. */
import type { ServiceSchema } from "moleculer";
import type { TaskQuery } from "../../core/contract.ts";
import { querySchema, retrySchema } from "../../core/schema/tasks.ts";
import { parseWith } from "../../core/task-schema.ts";
import { listTasks } from "../../store/read.ts";
import { actionsOf } from "../lib/bus.ts";
import { type Resources, resourcesOf } from "../lib/resources.ts";
import { cancelTask, resolveTask, retryTask, scopeOf, taskIdOf } from "../lib/tasks.ts";
import { taskView } from "../lib/views.ts";
import { peopleActions, startPeople } from "./people.ts";
import { filterOf } from "./task-filter.ts";

let resources: Resources;
let endPeople = () => {};

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
      const { taskId, force, note } = parseWith(retrySchema, params, "invalid_query");
      return retryTask(resources, ctx, taskIdOf(taskId), force, note);
    },

    cancel: async (params, ctx) => cancelTask(resources, ctx, params),

    resolve: async (params, ctx) => resolveTask(resources, ctx, params),

    ...peopleActions,
  }),

  async started() {
    resources = resourcesOf(this.broker);
    endPeople = startPeople(resources, this.logger);
  },

  async stopped() {
    endPeople();
  },
};

export default admin;
