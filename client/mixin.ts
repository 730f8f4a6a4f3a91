/** A mixin for Moleculer services, of 0.14 and 0.15: `this.bida`, and handlers for what becomes of the service's tasks. */
import {
  type BrokerClient,
  type BrokerClientOptions,
  createBrokerClient,
  type MoleculerBroker,
} from "./broker.ts";
import type { EventMap, TaskRequest } from "./contract.ts";

/** What a service can be told of a task. */
interface Told {
  /** A call was made, whatever came of it. */
  attempted: EventMap["bida.task.attempted"];
  /** The task's target has proved success. */
  succeeded: EventMap["bida.task.succeeded"];
  /** No call is left; somebody has to act. */
  exhausted: EventMap["bida.task.exhausted"];
}

const KINDS = ["attempted", "succeeded", "exhausted"] as const satisfies (keyof Told)[];

/**
 * What is called with the event, and Moleculer's context of it. `this` is the service.
 * @template S the service
 */
export type CallbackHandler<K extends keyof Told, S = BidaService> = (
  this: S,
  event: Told[K],
  ctx: unknown,
) => unknown;

/** A handler, or one with settings. */
export type CallbackDefinition<K extends keyof Told, S = BidaService> =
  | CallbackHandler<K, S>
  | {
      handler: CallbackHandler<K, S>;
      /** True: every instance of the service is told. Otherwise one of them is. */
      broadcast?: boolean;
      /** True: of the tasks of all, not only of those that this service has handed over. */
      all?: boolean;
      /** The instances that take turns; the service's name unless told. Not with `broadcast`. */
      group?: string;
    };

/**
 * The service's `callbacks`: what is to happen when something becomes of a task that it handed over. They are hints, as all events:
 * lost while NATS is away, so ask for what must be known.
 * @example
 * callbacks: {
 *   async exhausted(event) { await this.refund(event.taskId); },
 *   attempted: { broadcast: true, handler(event) { this.logger.info(event.taskId); } },
 * }
 */
export type BidaCallbacks<S = BidaService> = { [K in keyof Told]?: CallbackDefinition<K, S> };

/** What the mixin adds to a service. */
export interface BidaService {
  bida: BidaOfService;
}

export interface BidaOfService extends BrokerClient {
  /** Resolves when Bida's services can be called. @throws Moleculer's error after `timeoutMs`, default 30 000 */
  ready(timeoutMs?: number): Promise<void>;
}

export interface BidaMixinOptions extends BrokerClientOptions {
  /**
   * What stands in tasks that name no `sourceAppName`, and by which the service knows its own; the service's name unless told.
   * At most 64 characters.
   */
  sourceAppName?: string | undefined;
}

/** What is used of Moleculer's broker, in either release. */
interface Broker extends MoleculerBroker {
  nodeID: string;
  waitForServices(names: string[], timeoutMs: number): PromiseLike<unknown>;
  registry: {
    services: { has(fullName: string, nodeID: string): boolean };
    discoverer?: { sendLocalNodeInfo(): unknown };
  };
}

interface Service extends BidaService {
  name: string;
  fullName: string;
  broker: Broker;
}

interface Context {
  params: unknown;
}

// biome-ignore lint/suspicious/noExplicitAny: a schema of either release of Moleculer, whose types this package does not need
type Schema = any;

/** Goes into a service's `mixins`. */
export interface BidaMixinSchema {
  // The two releases type these differently, and both are right.
  merged: Schema;
  created: Schema;
  events: Schema;
}

/**
 * @example
 * module.exports = {
 *   name: "orders",
 *   mixins: [BidaMixin()],
 *   actions: {
 *     async pay(ctx) {
 *       return this.bida.call({ url: ctx.params.url, requestMethod: "POST", limitCallCount: 10 });
 *     },
 *   },
 *   callbacks: {
 *     exhausted(event) { this.logger.error("nobody was told", event.taskId); },
 *   },
 * };
 */
export function BidaMixin(options: BidaMixinOptions = {}): BidaMixinSchema {
  const announced = new WeakSet<object>();
  return {
    merged(schema: Schema) {
      const sourceAppName = options.sourceAppName ?? String(schema.name);
      schema.events = withHandlers(schema.events ?? {}, schema.callbacks ?? {}, sourceAppName);
    },

    created(this: Service) {
      this.bida = ofService(this, options);
    },

    events: {
      // Moleculer tells other nodes of a service up to a second after it has started; by then the first events may be over.
      "$services.changed": {
        context: true,
        handler(this: Service, _: Context) {
          const { registry, nodeID } = this.broker;
          if (announced.has(this) || !registry.services.has(this.fullName, nodeID)) return;
          announced.add(this);
          registry.discoverer?.sendLocalNodeInfo();
        },
      },
    },
  };
}

function ofService({ broker, name }: Service, options: BidaMixinOptions): BidaOfService {
  const client = createBrokerClient(broker, options);
  const sourceAppName = options.sourceAppName ?? name;
  const own = <T extends TaskRequest>(task: T): T => ({ sourceAppName, ...task });
  return {
    ...client,
    call: (task, more) => client.call(own(task), more),
    callBatch: (tasks, more) => client.callBatch(tasks.map(own), more),
    async ready(timeoutMs = 30_000) {
      await broker.waitForServices(["bida.scheduler", "bida.admin"], timeoutMs);
    },
  };
}

/** @throws TypeError for a callback that is none */
function withHandlers(
  events: Record<string, Schema>,
  callbacks: Record<string, Schema>,
  sourceAppName: string,
): Record<string, Schema> {
  const all = { ...events };
  for (const [kind, definition] of Object.entries(callbacks)) {
    const handler = typeof definition === "function" ? definition : definition?.handler;
    if (!(KINDS as readonly string[]).includes(kind) || typeof handler !== "function")
      throw new TypeError(`callbacks.${kind}: there are ${KINDS.join(", ")}, each a function or {handler}`);
    const name = `${definition.broadcast ? "bida.broadcast" : "bida"}.task.${kind}`;
    const wanted = ({ params }: Context): boolean =>
      definition.all === true || (params as { sourceAppName?: unknown }).sourceAppName === sourceAppName;
    const told = async function (this: unknown, ctx: Context) {
      if (wanted(ctx)) await handler.call(this, ctx.params, ctx);
    };
    const known = all[name];
    const before = typeof known === "object" && !Array.isArray(known) ? known : { handler: known };
    all[name] = {
      ...before,
      ...(definition.group === undefined ? {} : { group: definition.group }),
      // 0.14 otherwise guesses by the name of the handler's parameter, which a minifier may change.
      context: true,
      handler: [before.handler, told].flat().filter(Boolean),
    };
  }
  return all;
}
