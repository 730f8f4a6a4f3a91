/** Tells people what they must hear: channels, and the desk that makes messages for them. */
import type { Context, ServiceBroker, ServiceSchema } from "moleculer";
import { epochMs, minutes } from "../../core/clock.ts";
import { EgressPolicy } from "../../core/egress.ts";
import { laneOf } from "../../core/ids.ts";
import { raiseOnce } from "../../store/alarm-checks.ts";
import { addBreakerEvent, type StoredBreakerEvent } from "../../store/breaker-events.ts";
import { actionsOf, type EventHandlers, eventsOf } from "../bus/bus.ts";
import { egressOf } from "../node/egress.ts";
import { onStopping, type Resources, resourcesOf } from "../node/resources.ts";
import { originOf } from "../tasks/lines.ts";
import { auditChannel } from "./audit.ts";
import { Channels } from "./channels.ts";
import { AlarmDesk } from "./desk.ts";
import { tryChannel } from "./try-channel.ts";

/** A breaker that opens again and again: one alarm is enough for so long. */
const SAME_BREAKER = minutes(10);

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
    const now = resources.clock.now();
    await keepBreakerEvent(ctx, origin, { at: epochMs(Date.parse(since)), opened: true, failures });
    const alarm = {
      kind: "breaker" as const,
      taskId: null,
      sourceAppName: null,
      destination: origin.slice(0, 300),
      errorCode: null,
      facts: { since: Date.parse(since), failures },
      createdAt: now,
    };
    await raiseOnce(resources.db, alarm, epochMs(now - SAME_BREAKER)).catch((error: Error) =>
      ctx.broker.logger.error({ origin, since, err: error.message }, "no alarm for an opened breaker"),
    );
    desk.wake();
  },
  "destination.closed": ({ origin, at }, ctx) =>
    keepBreakerEvent(ctx, origin, { at: epochMs(Date.parse(at)), opened: false, failures: null }),
};

/** For the page of the destination. Where the database is away a line of its history is missing, and no more than that. */
async function keepBreakerEvent(
  ctx: Pick<Context, "service" | "broker">,
  origin: string,
  event: StoredBreakerEvent,
): Promise<void> {
  const { db } = officeOf(ctx).resources;
  await addBreakerEvent(db, laneOf(origin), event).catch((error: Error) =>
    ctx.broker.logger.warn({ origin, ...event, err: error.message }, "a breaker's change is not kept"),
  );
}

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
