/** `/v1/events`: server-sent events (HTML standard, section 9.2). */
import type { ServiceBroker } from "moleculer";
import { callerKey } from "../../core/caller.ts";
import { STREAM_TYPES, type StreamType } from "../../core/contract.ts";
import { eventQuerySchema } from "../../core/schema/events.ts";
import { parseWith } from "../../core/task-schema.ts";
import { EventHub } from "./event-hub.ts";
import type { Route } from "./route.ts";

const hubs = new WeakMap<ServiceBroker, EventHub>();

function hubOf(broker: ServiceBroker): EventHub {
  const hub = hubs.get(broker) ?? new EventHub(broker);
  hubs.set(broker, hub);
  return hub;
}

/** Rights changed: who follows the stream, and may not any more, is sent away. */
export const recheckStreams = (broker: ServiceBroker): void => hubs.get(broker)?.recheck();

export const eventRoutes: Route[] = [
  {
    method: "GET",
    path: "/v1/events",
    tag: "Events",
    summary: "Follow what happens, as server-sent events",
    description:
      "`event: tasks` with `{items}`, changes of tasks gathered for 250 ms; `event: stats` each second; `event: lagging` with `{dropped}` where the client reads too slowly. A hint, not a record: what happens while nobody is connected is not told later. It ends when the credentials do, or their role changes.",
    access: { role: "viewer", apps: true },
    query: eventQuerySchema,
    answer: { description: "The stream", contentType: "text/event-stream" },
    handler: async ({ broker, callers, query, meta, req, res }) => {
      const { taskId, types } = parseWith(eventQuerySchema, query, "invalid_query");
      const subscription = {
        scope: meta.scope,
        taskId: taskId?.toLowerCase() ?? null,
        types: new Set(types === undefined ? STREAM_TYPES : (types.split(",") as StreamType[])),
      };
      const ended = callers.shares.openStream(callerKey(meta.actor));
      res.on("close", ended);
      try {
        hubOf(broker).open(res, subscription, () => callers.standing(req, meta.actor));
      } catch (error) {
        ended();
        throw error;
      }
      // It has closed already: nobody will say so again.
      if (res.destroyed) ended();
    },
  },
];
