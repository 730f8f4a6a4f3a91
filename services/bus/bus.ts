/**
 * Moleculer with types: an action or event that `core/contract.ts` does not list, or a wrong parameter, does not
 * compile. Services call and answer through here only.
 */
import type { ActionSchema, Context, EventSchema, ServiceBroker } from "moleculer";
import type { ActionMap, EventMap } from "../../core/contract.ts";
import { BidaError } from "../../core/errors.ts";
import { refusals } from "../../core/metrics.ts";
import type { ActionName, BidaContext, EventName } from "./types.ts";
import { toWire } from "./wire-errors.ts";

/** Tells every instance of every service that listens, on all nodes. A hint: lost while NATS is away. */
export function broadcast<K extends EventName>(broker: ServiceBroker, event: K, payload: EventMap[K]): void {
  broker
    .broadcast(event, payload)
    .catch((error: Error) => broker.logger.debug(`event ${event} not sent: ${error.message}`));
}

/** Tells one instance of every service that listens. A hint: lost while NATS is away. */
export function emit<K extends EventName>(broker: ServiceBroker, event: K, payload: EventMap[K]): void {
  broker
    .emit(event, payload)
    .catch((error: Error) => broker.logger.debug(`event ${event} not sent: ${error.message}`));
}

/** Whether anybody in the cluster listens; what nobody hears need not be put together. */
export const isHeard = (broker: ServiceBroker, event: EventName): boolean =>
  registryOf(broker).events.getAllEndpoints(event).length > 0;

/** The part of Moleculer's registry that its types do not show. */
const registryOf = (broker: ServiceBroker) =>
  broker.registry as unknown as { events: { getAllEndpoints(event: string): unknown[] } };

/** Listens from now on, until the function that is returned is called. The cluster's registry knows of it. */
export function listen(broker: ServiceBroker, name: string, handlers: EventHandlers): () => Promise<void> {
  const service = broker.createService({ name, events: eventsOf(handlers) });
  return () => broker.destroyService(service) as Promise<void>;
}

/** The handlers of service `S`. A file that holds some of them says `satisfies Partial<ActionsOf<"admin">>`. */
export type ActionsOf<S extends string> = {
  [K in ActionName as K extends `${S}.${infer Name}` ? Name : never]: (
    params: ActionMap[K][0],
    ctx: BidaContext,
  ) => Promise<ActionMap[K][1]>;
};

/** Action schemas of service `S`; every action that the contract lists for it must be there. */
export function actionsOf<S extends string>(handlers: ActionsOf<S>): Record<string, ActionSchema> {
  return Object.fromEntries(
    Object.entries(handlers).map(([name, handler]) => [name, { handler: answering(handler as Handler) }]),
  );
}

type Handler = (params: unknown, ctx: BidaContext) => Promise<unknown>;

function answering(handler: Handler) {
  return async (ctx: BidaContext) => {
    try {
      return await handler(ctx.params ?? {}, ctx);
    } catch (error) {
      // The REST API, which says for whom it asks, counts what it answers.
      if (!ctx.meta.scope) refusals.labels("rpc", error instanceof BidaError ? error.code : "internal").inc();
      throw toWire(error, unexpectedIn(ctx));
    }
  };
}

/** Logs what is no refusal. @param requestId where a call is of several requests: which of them */
export const unexpectedIn =
  (ctx: BidaContext, requestId: string | null = ctx.meta.requestId ?? null) =>
  (cause: unknown) =>
    ctx.broker.logger.error(
      { err: cause, action: ctx.action?.name, ...(requestId !== null && { requestId }) },
      "unexpected",
    );

export type EventHandlers = {
  [K in EventName]?: (payload: EventMap[K], ctx: Context) => void | Promise<void>;
};

/** Event schemas. */
export function eventsOf(handlers: EventHandlers): Record<string, EventSchema> {
  return Object.fromEntries(
    Object.entries(handlers).map(([name, handler]) => [
      name,
      { handler: (ctx: Context) => (handler as (payload: unknown, ctx: Context) => void)(ctx.params, ctx) },
    ]),
  );
}
