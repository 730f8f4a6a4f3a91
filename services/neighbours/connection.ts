/** A connection to NATS on which Bida is a node of an application's Moleculer namespace. */
import { setTimeout as pause } from "node:timers/promises";
import type { Logger } from "moleculer";
import { connect, type NatsConnection, type NatsError } from "nats";
import { natsOptions } from "../bus/nats-options.ts";
import { subscribe } from "../bus/nats-subscription.ts";
import { COMMANDS, type Command, type ProtocolVersion } from "./packets.ts";

/** On the way out the last messages get this long to leave, in ms. */
const FLUSH = 1_000;
/** Between tries to connect, in ms. */
const AGAIN = 500;
/** Commands that are sent to one node, and those that are sent to all. */
const TO_ONE = new Set<Command>(["DISCOVER", "INFO", "PING", "REQ"]);
const TO_ALL = new Set<Command>(["DISCOVER", "INFO", "HEARTBEAT", "DISCONNECT", "PING"]);

export interface ConnectionOptions {
  natsUrls: string[];
  /** "" is Moleculer's default. */
  namespace: string;
  nodeID: string;
  log: Logger;
  /** A packet came. @param toAll whether it was sent to all nodes */
  onPacket(command: Command, bytes: Uint8Array, toAll: boolean): void;
  /** The connection was gone and is there again. */
  onBack(): void;
}

/** What packets begin with in a namespace; as Moleculer's transporters have it. */
export const prefixOf = (namespace: string): string => (namespace === "" ? "MOL" : `MOL-${namespace}`);

/** Subscriptions that are made on each client. */
interface Listening {
  subject: string;
  heard(data: Uint8Array, subject: string): void;
  refused(error: Error): void;
}

export class Connection {
  readonly #options: ConnectionOptions;
  readonly #prefix: string;
  readonly #listening: Listening[] = [];
  #client: NatsConnection | null = null;
  #isClosed = false;

  constructor(options: ConnectionOptions) {
    this.#options = options;
    this.#prefix = prefixOf(options.namespace);
    for (const command of COMMANDS) {
      if (TO_ALL.has(command)) this.#hear(command, true);
      if (TO_ONE.has(command)) this.#hear(command, false);
    }
  }

  /**
   * Resolves when it hears, or was closed; waits for a server that is not there yet.
   * @throws Error where it is not let in, or the connection breaks at once: nothing is left open then
   */
  async open(): Promise<void> {
    const client = await this.#connect();
    if (client === null) return;
    this.#client = client;
    for (const listening of this.#listening) this.#subscribe(client, listening);
    try {
      // The subscriptions are with the server before anybody is asked anything.
      await client.flush();
    } catch (error) {
      this.#client = null;
      await client.close().catch(() => undefined);
      throw error;
    }
    void this.#follow(client);
  }

  /** The largest message that the server takes, in bytes. */
  get maxPayload(): number {
    return this.#client?.info?.max_payload ?? 1_048_576;
  }

  /** @param target a node; null: all. While there is no connection nothing is sent. */
  send(command: string, target: string | null, ver: ProtocolVersion, fields: object): void {
    const { nodeID } = this.#options;
    this.sendText(command, target, JSON.stringify({ ver, sender: nodeID, ...fields }));
  }

  /** As {@link send}, what is printed already. */
  sendText(command: string, target: string | null, text: string): void {
    const subject = `${this.#prefix}.${command}${target === null ? "" : `.${target}`}`;
    try {
      this.#client?.publish(subject, Buffer.from(text));
    } catch (error) {
      this.#options.log.debug({ err: error, command }, "a packet to a neighbour was not sent");
    }
  }

  /** @param subject may have wildcards. Where the server does not allow it, nothing is heard */
  listen(subject: string, heard: (subject: string) => void): void {
    this.#listen({ subject, heard: (_, from) => heard(from), refused: () => undefined });
  }

  async close(): Promise<void> {
    const client = this.#client;
    this.#isClosed = true;
    this.#client = null;
    if (!client) return;
    const late = new Promise<void>((resolve) => setTimeout(resolve, FLUSH).unref());
    await Promise.race([client.flush().catch(() => undefined), late]);
    await Promise.race([client.close().catch(() => undefined), late]);
  }

  /** @returns null where it was closed meanwhile */
  async #connect(): Promise<NatsConnection | null> {
    const { natsUrls, nodeID } = this.#options;
    while (!this.#isClosed) {
      try {
        const client = await connect({ ...natsOptions(natsUrls), name: nodeID });
        if (!this.#isClosed) return client;
        await client.close();
      } catch (error) {
        if ((error as Partial<NatsError>).isAuthError?.()) throw error;
      }
      await pause(AGAIN);
    }
    return null;
  }

  #hear(command: Command, toAll: boolean): void {
    const { nodeID, log, onPacket } = this.#options;
    this.#listen({
      subject: `${this.#prefix}.${command}${toAll ? "" : `.${nodeID}`}`,
      heard: (data) => onPacket(command, data, toAll),
      refused: ({ message }) =>
        log.warn({ err: message, command }, "NATS ended a subscription to neighbours"),
    });
  }

  #listen(listening: Listening): void {
    this.#listening.push(listening);
    if (this.#client) this.#subscribe(this.#client, listening);
  }

  #subscribe(client: NatsConnection, listening: Listening): void {
    subscribe({ client, ...listening, isCurrent: () => this.#client === client });
  }

  /** Until it is closed. A client that gave up by itself is replaced. */
  async #follow(client: NatsConnection): Promise<void> {
    for await (const { type } of client.status()) if (type === "reconnect") this.#options.onBack();
    await client.closed();
    if (this.#client !== client) return;
    this.#client = null;
    while (!this.#isClosed) {
      try {
        await this.open();
        this.#options.onBack();
        return;
      } catch (error) {
        this.#options.log.debug({ err: error }, "NATS does not let us back in yet");
      }
      await pause(AGAIN);
    }
  }
}
