/**
 * Moleculer with types: an action or event that `core/contract.ts` does not list, or a wrong parameter, does not
 * compile. Services call and answer through here only.
 */
import type { ActionSchema, Context, EventSchema, ServiceBroker } from "moleculer";
import type { Actor } from "../../core/caller.ts";
import type { ActionMap, EventMap } from "../../core/contract.ts";
import type { TaskId } from "../../core/ids.ts";
import type { Scope } from "../../store/scope.ts";
import { toWire } from "./wire-errors.ts";

export { call } from "./call.ts";
export { read, submit } from "./peers.ts";

/** What travels beside the parameters of a call. */
export interface CallMeta {
  /** Who asks. Absent on calls from other services of the cluster, which see everything. */
  scope?: Scope;
  /** The same one, for the audit log. */
  actor?: Actor;
  /** Address of the caller of the REST door. */
  sourceIp?: string;
  idempotencyKey?: string;
  /**
   * The ids of the tasks that are handed over, in order. Who sends them may send the same call again, to another
   * scheduler too: there is one task per id.
   */
  taskIds?: TaskId[];
}

export interface CallOptions {
  meta?: CallMeta;
  /** Ask this node; otherwise any that offers the action. */
  nodeID?: string;
  /** Overrides the broker's request timeout, in ms. */
  timeout?: number;
}

export type ActionName = keyof ActionMap;
export type EventName = keyof EventMap;
export type BidaContext = Context<unknown, CallMeta>;

/** Tells one instance of every service that listens. A hint: lost while NATS is away. */
export function emit<K extends EventName>(broker: ServiceBroker, event: K, payload: EventMap[K]): void {
  broker
    .emit(event, payload)
    .catch((error: Error) => broker.logger.debug(`event ${event} not sent: ${error.message}`));
}

type ActionsOf<S extends string> = {
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
      throw toWire(error, (cause) =>
        ctx.broker.logger.error({ err: cause, action: ctx.action?.name }, "unexpected"),
      );
    }
  };
}

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
