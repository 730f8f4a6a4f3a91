/** A connection to NATS on which Bida is a node of an application's Moleculer namespace. */
import type { Logger } from "moleculer";
import { connect, type NatsConnection } from "nats";
import { natsOptions } from "../bus/nats-options.ts";
import { COMMANDS, type Command, type ProtocolVersion } from "./packets.ts";

/** On the way out the last messages get this long to leave, in ms. */
const FLUSH = 1_000;
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

export class Connection {
  readonly #options: ConnectionOptions;
  readonly #prefix: string;
  #client: NatsConnection | null = null;

  constructor(options: ConnectionOptions) {
    this.#options = options;
    this.#prefix = prefixOf(options.namespace);
  }

  /** Resolves when it hears; waits for a server that is not there yet. @throws NatsError where it is not let in */
  async open(): Promise<void> {
    const { natsUrls, nodeID } = this.#options;
    const client = await connect({ ...natsOptions(natsUrls), name: nodeID, waitOnFirstConnect: true });
    this.#client = client;
    for (const command of COMMANDS) {
      if (TO_ALL.has(command)) this.#subscribe(client, command, true);
      if (TO_ONE.has(command)) this.#subscribe(client, command, false);
    }
    // The subscriptions are with the server before anybody is asked anything.
    await client.flush();
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
    this.#client?.subscribe(subject, {
      callback: (error, message) => {
        if (!error) heard(message.subject);
      },
    });
  }

  async close(): Promise<void> {
    const client = this.#client;
    this.#client = null;
    if (!client) return;
    const late = new Promise<void>((resolve) => setTimeout(resolve, FLUSH).unref());
    await Promise.race([client.flush().catch(() => undefined), late]);
    await Promise.race([client.close().catch(() => undefined), late]);
  }

  #subscribe(client: NatsConnection, command: Command, toAll: boolean): void {
    const { nodeID, log, onPacket } = this.#options;
    client.subscribe(`${this.#prefix}.${command}${toAll ? "" : `.${nodeID}`}`, {
      callback: (error, { data }) => {
        if (error) log.warn({ err: error.message, command }, "NATS ended a subscription to neighbours");
        else onPacket(command, data, toAll);
      },
    });
  }

  async #follow(client: NatsConnection): Promise<void> {
    for await (const { type } of client.status()) if (type === "reconnect") this.#options.onBack();
  }
}
