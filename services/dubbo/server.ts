/** Listens for consumers; keeps their connections. */
import { createServer, type Server, type Socket } from "node:net";
import type { Logger } from "moleculer";
import type { AddressRanges } from "../../core/addresses.ts";
import { refusals } from "../../core/metrics.ts";
import { Connection, type Responder } from "./connection.ts";
import { Load } from "./load.ts";

export interface ServerOptions {
  /** Null: all addresses of this machine. */
  host: string | null;
  port: number;
  ipAllow: AddressRanges;
  log: Logger;
  now(): number;
  /** @param sourceIp whose connection it is */
  responder(sourceIp: string): Responder;
  /** Dubbo's own: a sign of life after a minute, the end after three. */
  heartbeatMs?: number;
  idleMs?: number;
}

const MAX_CONNECTIONS = 1_000;
/** Lines about one reason, at most one per this time, in ms. */
const SAME_LINE = 60_000;
/** How often connections are looked at, in ms. */
const TICK = 500;
/** How long a stop waits for requests under way, in ms; kkbida's provider waited as long. */
const DRAIN_LIMIT = 10_000;

export class DubboServer {
  readonly #options: Required<ServerOptions>;
  readonly #server: Server;
  readonly #connections = new Set<Connection>();
  readonly #load = new Load();
  readonly #spokenAt = new Map<string, number>();
  readonly #timer: NodeJS.Timeout;
  #onEmpty: (() => void) | null = null;

  constructor(options: ServerOptions) {
    this.#options = { heartbeatMs: 60_000, idleMs: 180_000, ...options };
    const { heartbeatMs, idleMs } = this.#options;
    this.#server = createServer((socket) => this.#accept(socket));
    this.#server.maxConnections = MAX_CONNECTIONS;
    this.#timer = setInterval(
      () => {
        for (const connection of this.#connections) connection.tick(heartbeatMs, idleMs);
      },
      Math.min(TICK, heartbeatMs),
    ).unref();
  }

  get size(): number {
    return this.#connections.size;
  }

  /** Resolves with the port, once it listens. */
  listen(): Promise<number> {
    const { host, port } = this.#options;
    const { promise, resolve, reject } = Promise.withResolvers<number>();
    this.#server.once("error", reject).listen({ port, ...(host === null ? {} : { host }) }, () => {
      this.#server.off("error", reject).on("error", (error) => this.#say(error.message));
      resolve((this.#server.address() as { port: number }).port);
    });
    return promise;
  }

  /** Takes no new consumer, tells the others to go elsewhere, answers what is under way. */
  async drain(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#onEmpty = resolve;
    this.#server.close();
    for (const connection of this.#connections) connection.drain();
    const limit = setTimeout(resolve, DRAIN_LIMIT);
    if (this.#connections.size > 0) await promise;
    clearTimeout(limit);
    clearInterval(this.#timer);
    for (const connection of this.#connections) connection.close(null);
  }

  #accept(socket: Socket): void {
    const { ipAllow, now, responder } = this.#options;
    const sourceIp = (socket.remoteAddress ?? "").replace(/^::ffff:(?=\d+\.)/, "");
    if (!ipAllow.includes(sourceIp)) {
      refusals.labels("dubbo", "forbidden").inc();
      socket.destroy();
      this.#say(`${sourceIp} is not in BIDA_DUBBO_IP_ALLOW`);
      return;
    }
    const connection = new Connection({
      socket,
      load: this.#load,
      now,
      respond: responder(sourceIp),
      onClosed: (why) => {
        this.#connections.delete(connection);
        if (why !== null) this.#say(`${sourceIp}: ${why}`);
        if (this.#connections.size === 0) this.#onEmpty?.();
      },
    });
    this.#connections.add(connection);
  }

  /** Anybody can cause as many of these as he likes. */
  #say(why: string): void {
    const now = this.#options.now();
    if (now - (this.#spokenAt.get(why) ?? Number.NEGATIVE_INFINITY) < SAME_LINE) return;
    if (this.#spokenAt.size >= 100) this.#spokenAt.clear();
    this.#spokenAt.set(why, now);
    this.#options.log.warn({ why }, "a Dubbo connection was closed");
  }
}
