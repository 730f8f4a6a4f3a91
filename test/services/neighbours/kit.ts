/** Programs of others on a real NATS, with Moleculer 0.14 and 0.15 as they come; and Bida beside them, without its engine. */
import { type ServiceBroker as Broker, Loggers, ServiceBroker, type ServiceSchema } from "moleculer";
import fourteen from "moleculer-0.14";
import { connect, type NatsConnection } from "nats";
import { BidaError } from "../../../core/errors.ts";
import { toWire } from "../../../services/bus/wire-errors.ts";
import type { Announcer } from "../../../services/neighbours/announcer.ts";
import { Peer } from "../../../services/neighbours/peer.ts";
import { until } from "../../e2e/kit/until.ts";

// Both releases add to the global `Promise`, and the later one finds its work done: 0.14 misses this where 0.15 came first.
Object.assign(Promise, { TimeoutError: class extends Error {} });

export const RELEASES = ["0.14", "0.15"] as const;
export type Release = (typeof RELEASES)[number];

/** Hands on what a broker logs, with its level. */
type Hear = (level: string, line: string) => void;

const listening = <B extends typeof Loggers.Base>(Base: B, hear: Hear) =>
  // biome-ignore lint/suspicious/noExplicitAny: the two releases' types of one class
  new (class extends (Base as any) {
    getLogHandler() {
      return (level: string, args: unknown[]) => {
        if (level !== "debug" && level !== "trace") hear(level, args.map(String).join(" "));
      };
    }
  })();

let number = 0;

export interface ProgramOptions {
  namespace?: string;
  nodeID?: string;
  services?: ServiceSchema[];
  hear?: Hear;
}

/** A broker with nothing but its place, services and a logger; it is not started. */
export function program(release: Release, url: string, options: ProgramOptions = {}): Broker {
  const { namespace = "", services = [], hear = () => undefined } = options;
  const nodeID = options.nodeID ?? `shop-${release}-${++number}`;
  const transporter = { type: "NATS", options: { servers: [url] } };
  const Base = release === "0.15" ? Loggers.Base : (fourteen.Loggers as unknown as typeof Loggers).Base;
  const settings = { namespace, nodeID, transporter, logger: listening(Base, hear) };
  const broker =
    release === "0.15"
      ? new ServiceBroker(settings as never)
      : (new fourteen.ServiceBroker(settings as never) as unknown as Broker);
  for (const service of services) broker.createService(service);
  return broker;
}

/** What Bida's actions were asked, by the names they have among its nodes. */
export interface Asked {
  action: string;
  params: unknown;
  meta: Record<string, unknown>;
}

export interface BidaOptions {
  nodeID?: string;
  namespace?: string;
  services?: string[];
  installation?: string;
  aliases?: boolean;
}

/** One of Bida's nodes as its neighbours see it. */
export class Bida {
  readonly broker: Broker;
  readonly peer: Peer;
  readonly lines: { level: string; fields: Record<string, unknown>; line: string }[] = [];
  readonly asked: Asked[] = [];
  /** Nodes of which the other nodes of its installation were to be told. */
  readonly changed: string[] = [];

  private constructor(url: string, options: BidaOptions) {
    const { services = ["scheduler", "admin"], installation = "A", namespace = "", aliases = true } = options;
    this.broker = new ServiceBroker({ logger: false, nodeID: options.nodeID ?? `bida-${++number}` });
    for (const name of services) this.broker.createService({ name, actions: this.#actions(name) });
    const write =
      (level: string) =>
      (fields: Record<string, unknown>, line: string): void =>
        void this.lines.push({ level, fields, line });
    const log = { info: write("info"), warn: write("warn"), error: write("error"), debug: () => undefined };
    this.peer = new Peer({
      ...{
        broker: this.broker,
        natsUrls: [url],
        namespace,
        aliases,
        services,
        installation,
        version: "0.0.0",
      },
      log: log as never,
      onChanged: (nodeID) => this.changed.push(nodeID),
    });
  }

  static async start(url: string, options: BidaOptions = {}): Promise<Bida> {
    const bida = new Bida(url, options);
    await bida.broker.start();
    await bida.peer.meet();
    bida.peer.open();
    return bida;
  }

  get announcer(): Announcer {
    return this.peer.announcer;
  }

  said(line: RegExp): Record<string, unknown>[] {
    return this.lines.filter((one) => line.test(one.line)).map(({ fields }) => fields);
  }

  /** Tells of a task, as a recorder does. */
  tell(taskId: string, sourceAppName: string | null = null): void {
    const event = { taskId, sourceAppName, state: "succeeded", callCount: 1 } as never;
    if (this.announcer.hears("task.succeeded")) this.announcer.tell("task.succeeded", event);
  }

  async stop(): Promise<void> {
    await this.peer.withdraw();
    await this.peer.close();
    await this.broker.stop();
  }

  #actions(service: string): NonNullable<ServiceSchema["actions"]> {
    const act = (name: string, answer: (params: Record<string, unknown>) => unknown) => ({
      handler: async (ctx: { params: unknown; meta: object }) => {
        this.asked.push({ action: `${service}.${name}`, params: ctx.params, meta: { ...ctx.meta } });
        try {
          return await answer((ctx.params ?? {}) as Record<string, unknown>);
        } catch (error) {
          throw toWire(error, () => undefined);
        }
      },
    });
    if (service === "admin")
      return {
        list: act("list", () => ({ items: [], nextCursor: null })),
        session: act("session", () => "a secret"),
        authenticate: act("authenticate", () => "a secret"),
      } as never;
    return {
      submit: act("submit", (params) => {
        const { json } = params as { json: string };
        const errors = [{ field: "url", message: "is required" }];
        if (!json.includes('"url"')) throw new BidaError("invalid_task", undefined, { errors });
        return { taskId: `task-${this.asked.length}` };
      }),
      get: act("get", ({ taskId }) => {
        if (taskId === "large") return { taskId, body: "x".repeat(2_000_000) };
        throw new BidaError("not_found", "No such task");
      }),
      claim: act("claim", () => "a secret"),
    } as never;
  }
}

/** What a listener got: the names of events, and of tasks. */
export interface Heard {
  name: string;
  taskId: string;
}

/** A service that listens. @param group of its events, where not the service's name */
export function listener(name: string, events: string[], heard: Heard[], group?: string): ServiceSchema {
  const handler = (ctx: { eventName: string; params: { taskId: string } }) =>
    void heard.push({ name: ctx.eventName, taskId: ctx.params.taskId });
  const one = { handler, ...(group === undefined ? {} : { group }) };
  return { name, events: Object.fromEntries(events.map((event) => [event, one])) } as never;
}

/** A connection without Moleculer. */
export const bare = (url: string): Promise<NatsConnection> => connect({ servers: [url] });

/** Resolves when a program sees an action of Bida's. */
export const sees = (broker: Broker, action: string): Promise<unknown> =>
  until(`${action} to be seen`, () => broker.registry.actions.isAvailable(action));

/** An application's services that have names of Bida's, with actions that Bida's nodes ask each other for. */
export const shopServices = (release: Release, onCall: (action: string) => void): ServiceSchema[] =>
  Object.entries({
    admin: ["list", "authenticate", "session", "identify", "login", "retry"],
    api: ["rest"],
    scheduler: ["submit", "submitMany", "submitBatch", "claim", "report", "extend", "get", "health"],
    node: ["info", "metrics"],
  }).map(([name, actions]) => ({
    name,
    actions: Object.fromEntries(
      actions.map((action) => [
        action,
        () => {
          onCall(`${release} ${name}.${action}`);
          return `the shop's ${name}.${action}`;
        },
      ]),
    ),
  })) as unknown as ServiceSchema[];
