/** Stands between a Dubbo consumer and the provider, and counts what the consumer asks. */

import type { AddressInfo } from "node:net";
import { connect, createServer, type Server, type Socket } from "node:net";
import { FrameReader } from "../../../core/dubbo/frame.ts";

export class Relay {
  /** Requests that the consumer has sent, signs of life left out. */
  requests = 0;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  private constructor(to: number) {
    this.#server = createServer((consumer) => {
      const provider = connect(to, "127.0.0.1");
      for (const socket of [consumer, provider]) {
        this.#sockets.add(socket);
        socket.on("error", () => socket.destroy()).on("close", () => this.#sockets.delete(socket));
      }
      const reader = new FrameReader();
      consumer.on("data", (chunk) => {
        for (const { isRequest, isEvent } of reader.read(chunk)) if (isRequest && !isEvent) this.requests++;
      });
      consumer.pipe(provider).pipe(consumer);
    });
  }

  /** @param to the provider's port on 127.0.0.1 */
  static async start(to: number): Promise<Relay> {
    const relay = new Relay(to);
    await new Promise<void>((listening) => relay.#server.listen(0, "127.0.0.1", listening));
    return relay;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  async stop(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((closed) => this.#server.close(closed));
  }
}
