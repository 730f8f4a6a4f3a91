/** Tells people what they must hear: channels, and the desk that makes messages for them. */
import type { Context, ServiceBroker, ServiceSchema } from "moleculer";
import { epochMs } from "../../core/clock.ts";
import { EgressPolicy } from "../../core/egress.ts";
import { actionsOf, type EventHandlers, eventsOf } from "../bus/bus.ts";
import { egressOf } from "../node/egress.ts";
import { onStopping, type Resources, resourcesOf } from "../node/resources.ts";
import { originOf } from "../tasks/lines.ts";
import { auditChannel } from "./audit.ts";
import { breakerOpened, keepBreakerEvent } from "./breakers.ts";
import { Channels } from "./channels.ts";
import { AlarmDesk } from "./desk.ts";
import { tryChannel } from "./try-channel.ts";

/** What its actions and events work with; made when the service starts. */
interface Office {
  resources: Resources;
  channels: Channels;
  desk: AlarmDesk;
}
const officeOf = (ctx: Pick<Context, "service">): Office =>
  (ctx.service as unknown as { office: Office }).office;

/** What messages may reach just now. */
function policyOf(broker: ServiceBroker): EgressPolicy {
  const { allow, own } = egressOf(broker).rules;
  return new EgressPolicy(allow, own);
}

const handlers: EventHandlers = {
  "task.exhausted": ({ taskId, url, callCount, lastError }, ctx) => {
    const target = originOf(url);
    ctx.broker.logger.warn({ taskId, target, callCount, lastError }, "task exhausted");
    officeOf(ctx).desk.wake();
  },
  "destination.opened": async ({ origin, since, failures }, ctx) => {
    const { resources, desk } = officeOf(ctx);
    const opened = { origin, since: epochMs(Date.parse(since)), failures };
    await breakerOpened(resources, opened, ctx.broker.logger);
    desk.wake();
  },
  "destination.closed": ({ origin, at }, ctx) => {
    const event = { at: epochMs(Date.parse(at)), opened: false, failures: null };
    return keepBreakerEvent(officeOf(ctx).resources.db, origin, event, ctx.broker.logger);
  },
};

const notifier: ServiceSchema = {
  name: "notifier",

  actions: actionsOf<"notifier">({
    listWebhooks: (_, ctx) => officeOf(ctx).channels.list(),
    getWebhook: ({ id }, ctx) => officeOf(ctx).channels.get(id),
    createWebhook: (request, ctx) => officeOf(ctx).channels.create(request, ctx),
    updateWebhook: ({ id, changes }, ctx) => officeOf(ctx).channels.update(id, changes, ctx),
    deleteWebhook: ({ id }, ctx) => officeOf(ctx).channels.remove(id, ctx),
    previewWebhook: async (request, ctx) => officeOf(ctx).channels.preview(request),
    webhookHistory: ({ id, ...query }, ctx) => officeOf(ctx).channels.history(id, query),

    testWebhook: async ({ id, settings }, ctx) => {
      const { resources, channels } = officeOf(ctx);
      const channel = id === undefined ? null : await channels.find(id);
      // Also a saved one is checked: what may be reached can have changed since.
      const spec = channels.parse(settings ?? {}, channel);
      const answer = await tryChannel(resources, ctx.broker.nodeID, policyOf(ctx.broker), spec);
      await channels.tried(channel, answer, settings === undefined, ctx);
      return answer;
    },
  }),

  events: eventsOf(handlers),

  async started() {
    const resources = resourcesOf(this.broker);
    const desk = new AlarmDesk(resources, this.logger);
    const channels = new Channels(resources, () => policyOf(this.broker), auditChannel);
    this.office = { resources, channels, desk } satisfies Office;
    desk.start();
    onStopping(this.broker, "schedule", () => desk.stop());
  },
};

export default notifier;
