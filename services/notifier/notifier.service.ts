/** Tells people that a task reached its limit. Today that is one line in the log, by one notifier of the cluster. */
import type { Context, ServiceSchema } from "moleculer";
import { type EventHandlers, eventsOf } from "../lib/bus.ts";

const handlers: EventHandlers = {
  "task.exhausted": ({ taskId, url, callCount, lastError }, ctx: Context) => {
    ctx.broker.logger.warn({ taskId, url, callCount, lastError }, "task exhausted");
  },
};

const notifier: ServiceSchema = { name: "notifier", events: eventsOf(handlers) };

export default notifier;
