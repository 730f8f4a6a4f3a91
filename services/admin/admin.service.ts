/** What operators do: look for tasks, call them again, end them, declare them repaired; who may do what. */
import type { ServiceSchema } from "moleculer";
import { z } from "zod";
import { callerKey } from "../../core/caller.ts";
import type { TaskQuery } from "../../core/contract.ts";
import { BidaError } from "../../core/errors.ts";
import type { TaskId } from "../../core/ids.ts";
import { attemptQuerySchema } from "../../core/schema/attempts.ts";
import {
  bulkOptionsSchema,
  bulkSchema,
  jobChangeSchema,
  jobQuerySchema,
  replaySchema,
  stopSchema,
} from "../../core/schema/bulk.ts";
import { destinationChangeSchema, destinationQuerySchema } from "../../core/schema/destinations.ts";
import {
  acknowledgeSchema,
  incidentIdSchema,
  incidentQuerySchema,
  muteSchema,
} from "../../core/schema/incidents.ts";
import { originAlone, originOr } from "../../core/schema/parts.ts";
import { searchQuerySchema, suggestQuerySchema } from "../../core/schema/search.ts";
import { errorsQuerySchema, rangeQuerySchema, seriesQuerySchema } from "../../core/schema/stats.ts";
import { neighboursSchema, querySchema, retrySchema, withLists } from "../../core/schema/tasks.ts";
import { parseWith } from "../../core/task-schema.ts";
import { listAttempts } from "../../store/attempts.ts";
import { cursorBehind, listTasks } from "../../store/list-tasks.ts";
import { withPayloads } from "../../store/payloads.ts";
import { EVERYTHING } from "../../store/scope.ts";
import { actionsOf } from "../bus/bus.ts";
import { onStopping, resourcesOf } from "../node/resources.ts";
import { actorOf, originOfCall } from "../tasks/audit.ts";
import { withApps } from "../tasks/calling-app.ts";
import {
  cancelTask,
  isExact,
  isMasked,
  resolveTask,
  retryTask,
  revealAttempt,
  revealTask,
  scopeOf,
  taskIdOf,
} from "../tasks/tasks.ts";
import { attemptItem, taskItem, taskView } from "../tasks/views.ts";
import * as bulk from "./bulk.ts";
import { health, report } from "./destination-health.ts";
import * as destinations from "./destinations.ts";
import { drain, drainSchema } from "./drain.ts";
import { inboxActions } from "./inbox.actions.ts";
import * as incidents from "./incidents.ts";
import * as jobs from "./jobs.ts";
import { neighboursOf } from "./neighbours.ts";
import { Office, officeOf } from "./office.ts";
import { peopleActions } from "./people.ts";
import { queueView } from "./queue.ts";
import { resend } from "./resend.ts";
import { search, suggest } from "./search.ts";
import { attemptFilterOf } from "./statistics.ts";
import { filterOf } from "./task-filter.ts";

const originParam = z.strictObject({ origin: originOr() });
const changedOrigin = z.strictObject({ origin: originAlone });

/** A body may be anything. */
const withFilter = <T extends { filter?: unknown }>(request: T): T =>
  request?.filter === undefined ? request : { ...request, filter: withLists(request.filter) };

const admin: ServiceSchema = {
  name: "admin",

  actions: actionsOf<"admin">({
    list: async (params: TaskQuery, ctx) => {
      const { resources } = officeOf(ctx);
      const query = parseWith(querySchema, withLists(params), "invalid_query");
      const { filter, leased } = await filterOf(query, resources, isMasked(ctx));
      const { limit, cursor = null, sort } = query;
      if (sort === "due" && query.state?.some((state) => state !== "pending" && state !== "delivering")) {
        const errors = [{ field: "state", message: "sort=due lists open tasks only: pending, delivering" }];
        throw new BidaError("invalid_query", undefined, { errors });
      }
      const page = await listTasks(resources.db, scopeOf(ctx), filter, limit, cursor, sort);
      const isLeased = ({ taskId }: { taskId: TaskId }) => leased.has(taskId);
      const masked = isMasked(ctx);
      if (query.include === undefined)
        return {
          ...page,
          items: await withApps(
            resources.db,
            page.items,
            page.items.map((task) => taskItem(task, isLeased(task), masked)),
          ),
        };
      const full = await withPayloads(resources.db, scopeOf(ctx), page, (task) => cursorBehind(sort, task));
      return {
        ...full,
        items: await withApps(
          resources.db,
          full.items,
          full.items.map((task) => taskView(task, isLeased(task), isExact(ctx), masked)),
        ),
      };
    },

    search: async (params, ctx) => {
      const { text } = parseWith(searchQuerySchema, params, "invalid_query");
      const { resources, searches } = officeOf(ctx);
      return searches.run(callerKey(actorOf(ctx)), () => search(resources, text, isMasked(ctx)));
    },

    suggest: async (params, ctx) =>
      suggest(officeOf(ctx).resources, parseWith(suggestQuerySchema, params, "invalid_query")),

    neighbours: async (params, ctx) => {
      const { taskId, ...query } = parseWith(neighboursSchema, withLists(params), "invalid_query");
      return neighboursOf(officeOf(ctx).resources, scopeOf(ctx), taskIdOf(taskId), query, isMasked(ctx));
    },

    retry: async (params, ctx) => {
      const { taskId, ...options } = parseWith(retrySchema, params, "invalid_body");
      return retryTask(officeOf(ctx).resources, ctx, taskIdOf(taskId), options);
    },

    cancel: async (params, ctx) => cancelTask(officeOf(ctx).resources, ctx, params),

    reveal: async (params, ctx) => revealTask(officeOf(ctx).resources, ctx, params),

    revealAttempt: async (params, ctx) => revealAttempt(officeOf(ctx).resources, ctx, params),

    resolve: async (params, ctx) => resolveTask(officeOf(ctx).resources, ctx, params),

    attempts: async (params, ctx) => {
      const query = parseWith(attemptQuerySchema, params, "invalid_query");
      const { limit, cursor = null } = query;
      const page = await listAttempts(
        officeOf(ctx).resources.db,
        scopeOf(ctx),
        attemptFilterOf(query),
        limit,
        cursor,
      );
      return { items: page.items.map((one) => attemptItem(one, isMasked(ctx))), nextCursor: page.nextCursor };
    },

    statsNow: async (_, ctx) => officeOf(ctx).statistics.now(scopeOf(ctx)),

    statsSummary: async (_, ctx) => officeOf(ctx).statistics.summary(scopeOf(ctx)),

    statsSeries: async (params, ctx) =>
      officeOf(ctx).statistics.series(scopeOf(ctx), parseWith(seriesQuerySchema, params, "invalid_query")),

    statsDestinations: async (params, ctx) =>
      officeOf(ctx).statistics.destinations(
        scopeOf(ctx),
        parseWith(rangeQuerySchema, params, "invalid_query"),
      ),

    statsHealth: async (_, ctx) => health(officeOf(ctx).resources),

    statsErrors: async (params, ctx) =>
      officeOf(ctx).statistics.errors(scopeOf(ctx), parseWith(errorsQuerySchema, params, "invalid_query")),

    queue: async (_, ctx) => {
      const { resources, statistics } = officeOf(ctx);
      return queueView(resources, await statistics.now(EVERYTHING));
    },

    drain: async (params, ctx) =>
      drain(officeOf(ctx).resources, ctx, parseWith(drainSchema, params, "invalid_body")),

    listDestinations: async (params, ctx) =>
      destinations.listViews(
        officeOf(ctx).resources,
        parseWith(destinationQuerySchema, params, "invalid_query"),
      ),

    getDestination: async ({ origin }, ctx) =>
      destinations.view(officeOf(ctx).resources, parseWith(originParam, { origin }, "invalid_query").origin),

    reportDestination: async (params, ctx) => {
      const { origin } = parseWith(originParam, params, "invalid_query");
      const found = await report(officeOf(ctx).resources, origin);
      // Who did what is not for viewers.
      const hidden = ctx.meta.actor?.role === "viewer" && found.paused !== null;
      return hidden ? { ...found, paused: found.paused && { ...found.paused, by: null } } : found;
    },

    changeDestination: async (params, ctx) => {
      const { resources } = officeOf(ctx);
      const { origin } = parseWith(changedOrigin, { origin: params.origin }, "invalid_query");
      const change = parseWith(destinationChangeSchema, params.change, "invalid_body");
      await destinations.change(resources, ctx.broker, origin, change, originOfCall(ctx));
      return destinations.view(resources, origin);
    },

    listIncidents: async (params, ctx) =>
      incidents.incidentPage(
        officeOf(ctx).resources,
        parseWith(incidentQuerySchema, params, "invalid_query"),
      ),

    getIncident: async (params, ctx) =>
      incidents.incident(
        officeOf(ctx).resources,
        parseWith(incidentIdSchema, params, "invalid_query").id,
        isMasked(ctx),
      ),

    acknowledgeIncident: async ({ id, ...body }, ctx) => {
      const parsed = parseWith(incidentIdSchema, { id }, "invalid_query");
      const { note } = parseWith(acknowledgeSchema, body, "invalid_body");
      return incidents.acknowledgeIncident(officeOf(ctx).resources, ctx, parsed.id, note);
    },

    muteIncident: async ({ id, ...body }, ctx) => {
      const parsed = parseWith(incidentIdSchema, { id }, "invalid_query");
      const request = parseWith(muteSchema, body, "invalid_body");
      return incidents.muteIncident(officeOf(ctx).resources, ctx, parsed.id, request);
    },

    changeIncidentTasks: async ({ id, action, request }, ctx) => {
      const parsed = parseWith(incidentIdSchema, { id }, "invalid_query");
      const options = parseWith(bulkOptionsSchema, request, "invalid_body");
      return incidents.changeTasksOf(officeOf(ctx), ctx, parsed.id, action, options);
    },

    changeMany: async ({ action, request }, ctx) =>
      bulk.changeMany(officeOf(ctx), ctx, action, parseWith(bulkSchema, withFilter(request), "invalid_body")),

    replay: async (params, ctx) => {
      const { origin } = parseWith(changedOrigin, { origin: params.origin }, "invalid_query");
      const request = parseWith(replaySchema, params.request, "invalid_body");
      return bulk.replay(officeOf(ctx), ctx, origin, request);
    },

    resend: async ({ taskId, changes }, ctx) => resend(officeOf(ctx), ctx, taskIdOf(taskId), changes),

    listJobs: async (params, ctx) =>
      jobs.jobsPage(officeOf(ctx).resources, ctx, parseWith(jobQuerySchema, params, "invalid_query")),

    getJob: async ({ id }, ctx) => jobs.viewJob(officeOf(ctx).resources, ctx, id),

    changeJob: async ({ id, change }, ctx) =>
      jobs.setJob(officeOf(ctx), ctx, id, parseWith(jobChangeSchema, change, "invalid_body")),

    stopJob: async ({ id, ...body }, ctx) =>
      jobs.endJob(officeOf(ctx).resources, ctx, id, parseWith(stopSchema, body, "invalid_body").note),

    ...inboxActions,
    ...peopleActions,
  }),

  async started() {
    const office = new Office(resourcesOf(this.broker), this.logger);
    this.office = office;
    office.start();
    onStopping(this.broker, "schedule", () => office.stop());
  },
};

export default admin;
