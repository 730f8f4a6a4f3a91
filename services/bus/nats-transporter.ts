/** Moleculer's NATS transporter, for networks that go silent. */
import { Transporters } from "moleculer";
import { type Subscriber, subscribe } from "./nats-subscription.ts";

/** On the way out the last messages get this long to leave, in ms. */
const FLUSH = 2_000;

/** Events of this broker alone: the connection has gone; it is there again, maybe to another server. */
export const LOST = "$nats.lost";
export const BACK = "$nats.back";

interface Packet {
  payload?: { ver?: unknown; sender?: unknown } | null;
}

interface NatsClient extends Subscriber {
  request(topic: string, data: Uint8Array, options: { timeout: number }): Promise<unknown>;
  flush(): Promise<void>;
  close(): Promise<void>;
  /** Resolves once it is closed. */
  closed(): Promise<unknown>;
  status(): AsyncIterable<{ type: string }>;
}

/** Takes an error. Moleculer's types say no more than this. */
// biome-ignore lint/complexity/noBannedTypes: as in the original
type Failed = Function;

/** The part of Moleculer's transit that is used here; its types do not know it. */
interface Transit {
  pendingRequests: Map<string, { nodeID: string }>;
  removePendingRequestByNodeID(nodeID: string): void;
  discoverer: { discoverAllNodes(): Promise<void>; sendLocalNodeInfo(): Promise<void> };
}

/** So many nodes with another protocol are told of, and so much of their names. */
const MAX_TOLD = 1_000;
const SHOWN = 64;

export class NatsTransporter extends Transporters.NATS {
  declare client: NatsClient | null;
  /** Nodes that speak another version of Moleculer's protocol. */
  readonly #others = new Set<string>();
  #isLost = false;

  /** @param failed has Moleculer's transit connect again after a pause; the original makes no use of it */
  override async connect(failed?: Failed): Promise<void> {
    // Moleculer's pause may outlast the broker.
    if (this.broker.stopping) return;
    await super.connect();
    const { client } = this;
    if (!client) return;
    void this.#follow(client);
    void client.closed().then((reason) => this.#closed(client, reason, failed));
    if (this.#isLost) await this.#back();
  }

  /** As the original, which waits for an answer from the server for ever. */
  override async disconnect(): Promise<void> {
    const { client } = this;
    if (!client) return;
    this.client = null;
    await Promise.race([client.flush().catch(() => undefined), waited(FLUSH)]);
    await Promise.race([client.close().catch(() => undefined), waited(FLUSH)]);
  }

  /** While there is no connection the client throws away what it is given, and says nothing. */
  override send(topic: string, data: Buffer): Promise<void> {
    if (this.#isLost) setImmediate(() => this.#forget());
    return super.send(topic, data) as unknown as Promise<void>;
  }

  /** As the original, which takes an error of the subscription for a message. */
  override async subscribe(cmd: string, nodeID?: string): Promise<void> {
    const { client } = this;
    if (!client) return;
    subscribe({
      client,
      subject: this.getTopicName(cmd, nodeID),
      heard: (data) => void this.receive(cmd, Buffer.from(data)),
      refused: ({ message }) => this.logger.warn({ err: message, cmd }, "NATS ended a subscription"),
      isCurrent: () => this.client === client,
    });
  }

  /** As the original, but packets of another protocol end here: Moleculer logs an error for each, and each heartbeat is one. */
  override init(...[transit, messageHandler, afterConnect]: Parameters<Transporters.NATS["init"]>): void {
    // A packet, although the types say otherwise.
    const handle: typeof messageHandler = (command, packet) => {
      if (this.#isOurProtocol(packet as Packet)) return messageHandler(command, packet);
    };
    super.init(transit, handle, afterConnect);
  }

  #isOurProtocol({ payload }: Packet): boolean {
    const { ver, sender } = payload ?? {};
    const own = this.broker.PROTOCOL_VERSION;
    // What is no packet at all is dropped by the check that comes next.
    if (ver === own || typeof ver !== "string") return true;
    const node = String(sender).slice(0, SHOWN);
    if (!this.#others.has(node) && this.#others.size < MAX_TOLD) {
      this.#others.add(node);
      this.broker
        .getLogger("node")
        .error(
          { node, protocol: ver, own },
          "a node in the Moleculer namespace of Bida's own nodes speaks another protocol; it is not heard",
        );
    }
    return false;
  }

  /**
   * Whether the node's connection to NATS has ended, as it does with its process: the server says at once that nobody listens
   * there ("no responders", code 503). A process that is held up, or frozen, still has its connection.
   * @returns false where nobody can tell within `withinMs`
   */
  async isGone(nodeID: string, withinMs: number): Promise<boolean> {
    if (!this.client || this.#isLost) return false;
    const payload = { time: Date.now(), id: nodeID };
    const ping = this.serialize({ type: "PING", target: nodeID, payload });
    return this.client.request(this.getTopicName("PING", nodeID), ping, { timeout: withinMs }).then(
      () => false,
      ({ code }: { code?: unknown }) => code === "503",
    );
  }

  /** The client reconnects by itself and tells Moleculer nothing of it; who wants to know listens to {@link LOST}, {@link BACK}. */
  async #follow(client: NatsClient): Promise<void> {
    for await (const { type } of client.status()) {
      if (this.client !== client) return;
      if (type === "disconnect") this.#lost();
      if (type === "reconnect") await this.#back().catch(() => undefined);
    }
  }

  /** The client has given up, and nobody asked it to. */
  #closed(client: NatsClient, reason: unknown, failed: Failed | undefined): void {
    if (this.client !== client) return;
    this.client = null;
    if (!this.#isLost) this.#lost();
    failed?.(reason instanceof Error ? reason : new Error("the NATS client closed its connection"));
  }

  /** What was asked, or the answer to it, is lost: who waits for it is told, and may ask again at once. */
  #forget(): void {
    const transit = this.transit as unknown as Transit;
    const asked = new Set(Array.from(transit.pendingRequests.values(), ({ nodeID }) => nodeID));
    for (const nodeID of asked) transit.removePendingRequestByNodeID(nodeID);
  }

  #lost(): void {
    this.#isLost = true;
    this.broker.broadcastLocal(LOST);
    this.#forget();
  }

  /** Nodes may have given each other up; this does not wait for their heartbeats. */
  async #back(): Promise<void> {
    this.#forget();
    this.#isLost = false;
    this.broker.broadcastLocal(BACK);
    const { discoverer } = this.transit as unknown as Transit;
    await discoverer.sendLocalNodeInfo();
    await discoverer.discoverAllNodes();
  }
}

const waited = (ms: number): Promise<void> =>
  new Promise((resolve) => {
    setTimeout(resolve, ms).unref();
  });
