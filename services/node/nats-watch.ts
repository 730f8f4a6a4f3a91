/** Tells when contact with NATS is lost and found: its client reconnects by itself, and Moleculer says nothing of it. */
import type { Logger, ServiceBroker } from "moleculer";
import type { NatsConnection } from "nats";
import { Contact } from "./contact.ts";

export class NatsWatch {
  readonly #contact: Contact;
  readonly #onBack: () => void;
  #stopped = false;

  /** To be made before the broker starts. @param onBack the connection was gone and is there again */
  constructor(broker: ServiceBroker, log: Logger, onBack: () => void) {
    this.#onBack = onBack;
    this.#contact = new Contact({
      broker,
      log,
      part: "nats",
      lost: "lost contact with NATS",
      back: "NATS is back",
      meanwhile: "other nodes cannot be reached; calls under way go on, and their outcomes are kept",
    });
    // At the start: Moleculer tries again every 5 s.
    broker.localBus.on("$transporter.error", ({ error }: { error: Error }) => this.#failed(error));
    broker.localBus.on("$transporter.connected", () => {
      this.#contact.works();
      const { client } = (broker.transit as unknown as Transit).tx;
      if (client) void this.#follow(client);
    });
  }

  /** From now on the end of the connection is meant. */
  stop(): void {
    this.#stopped = true;
  }

  async #follow(client: NatsConnection): Promise<void> {
    for await (const { type } of client.status()) {
      if (type === "disconnect") this.#failed(new Error("the connection is gone"));
      if (type === "reconnect") this.#back();
    }
  }

  #back(): void {
    this.#contact.works();
    this.#onBack();
  }

  #failed(error: Error): void {
    if (!this.#stopped) this.#contact.failed(error);
  }
}

interface Transit {
  tx: { client: NatsConnection | null };
}
